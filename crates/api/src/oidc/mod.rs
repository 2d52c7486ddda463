//! Identity tokens of OpenID Connect providers: read ([`Token`]), and verified with the provider's own keys
//! ([`Oidc`]).
//!
//! Tokens are verified with ring, which TLS and the seals use already, and not with a crate for JSON Web Tokens: the
//! one that is alive brings a second set of implementations of RSA and elliptic curves with it, for what is one call
//! of ring's.
//!
//! A provider is asked for its keys only where an administrator has registered it. Still whoever may register one
//! makes this server ask a URL of theirs: so only over TLS, or without where the issuer is on this machine or the
//! operator said so; no redirect is followed, time and size are bounded, and nothing of the answer is shown.

mod fetch;
mod keys;
mod provider_keys;
#[cfg(test)]
pub(crate) mod tests;
mod token;

pub use self::fetch::{Fetch, FetchError, NoFetch};
pub(crate) use self::provider_keys::{Oidc, Unverified};
pub(crate) use self::token::{InvalidToken, Token};
