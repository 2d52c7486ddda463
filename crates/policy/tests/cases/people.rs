//! Who asks in the tables. All but the strangers are of the account 111122223333.

use cairn_policy::Principal;
use cairn_types::AccountId;

pub(crate) fn own() -> AccountId {
    super::account("111122223333")
}

pub(crate) fn other() -> AccountId {
    super::account("444455556666")
}

/// Owner of the bucket that tables of principals ask for: nobody's account, so that only its policy allows.
pub(crate) fn owner() -> AccountId {
    super::account("999988887777")
}

/// `arn:aws:iam::111122223333:user/staff/anna`
pub(crate) fn anna() -> Principal {
    Principal::User {
        account: own(),
        path: "/staff/".into(),
        name: "anna".into(),
        id: "AIDAANNAANNAANNAANNA".into(),
    }
}

/// `arn:aws:iam::444455556666:user/bob`
pub(crate) fn bob() -> Principal {
    Principal::User {
        account: other(),
        path: "/".into(),
        name: "bob".into(),
        id: "AIDABOBBOBBOBBOBBOB1".into(),
    }
}

pub(crate) fn root() -> Principal {
    Principal::Root { account: own() }
}

pub(crate) fn other_root() -> Principal {
    Principal::Root { account: other() }
}

/// `arn:aws:sts::111122223333:assumed-role/Reader/s1`, of `role/app/Reader`.
pub(crate) fn session() -> Principal {
    Principal::RoleSession {
        account: own(),
        role_path: "/app/".into(),
        role_name: "Reader".into(),
        role_id: "AROAREADERREADERREAD".into(),
        session_name: "s1".into(),
    }
}

/// `arn:aws:sts::111122223333:federated-user/fred`, made by anna.
pub(crate) fn federated() -> Principal {
    Principal::Federated {
        account: own(),
        name: "fred".into(),
        maker: Box::new(anna()),
    }
}

/// As [`federated`], made by the root user.
pub(crate) fn roots_federated() -> Principal {
    Principal::Federated {
        account: own(),
        name: "fred".into(),
        maker: Box::new(root()),
    }
}

pub(crate) fn web_identity() -> Principal {
    Principal::WebIdentity {
        provider: "arn:aws:iam::111122223333:oidc-provider/id.example.com".into(),
        subject: "1234".into(),
    }
}
