//! Who may do what: accounts, the keys requests are signed with, and the decision.
//!
//! For now there is one account with its root user. The two questions the request pipeline asks are in
//! their final form: [`Keyring::find`] turns the access key of a signature into a principal and a
//! secret, and [`authorize`] decides over (principal, action, resource) and says why. Users, groups,
//! policies, sessions and ACLs come behind these two without changing the pipeline.

mod decision;
mod keyring;

pub use decision::{Caller, Decision, Reason, authorize};
pub use keyring::{Account, Credential, Keyring, Principal, RootAccount};
