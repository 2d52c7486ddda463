//! Sealing: what must not be read by who has the disk, or changed by who has the text.
//!
//! Secrets at rest and session tokens are sealed with AES-256-GCM under keys derived from a master key that is
//! kept apart from the data ([`MasterKeys`]). What a sealed text is for is part of its key's derivation, and
//! what it belongs to is authenticated beside it: a secret copied to another row, or a token shown as a
//! secret, does not open.
//!
//! Several master keys may be known: the first seals, all open. So a key is changed by putting a new one in
//! front, and what the old one sealed stays readable.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};

/// A key from which all others are derived: 32 random bytes.
#[derive(Clone)]
pub struct MasterKey([u8; Self::BYTES]);

/// Not a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a master key is 32 random bytes, in base 64: 44 characters, as `openssl rand -base64 32` prints them"
)]
pub struct InvalidMasterKey;

impl MasterKey {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// Reads a key's base 64.
    ///
    /// # Errors
    /// [`InvalidMasterKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| InvalidMasterKey)?;
        bytes.try_into().map(Self).map_err(|_| InvalidMasterKey)
    }

    /// A new key.
    pub fn generate() -> Self {
        Self(random::bytes())
    }

    /// The key in base 64, for the file that keeps it.
    pub fn expose(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// What a sealed text is for; each purpose has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Secrets of access keys and seeds of MFA devices, in rows.
    Secret,
    /// Session tokens, with their holders.
    SessionToken,
    /// Encoded authorization messages, with whoever was refused.
    AuthorizationMessage,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Secret, Self::SessionToken, Self::AuthorizationMessage];

    fn label(self) -> &'static [u8] {
        match self {
            Self::Secret => b"cairn/identity/secret/1",
            Self::SessionToken => b"cairn/identity/session-token/1",
            Self::AuthorizationMessage => b"cairn/identity/authorization-message/1",
        }
    }
}

/// A sealed text that does not open: another key, another place, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed text does not open with any known master key")]
pub struct NotSealedHere;

/// The derived keys of one master key.
struct Keys {
    /// Which master key: told in the clear in front of what it seals.
    id: [u8; Sealer::KEY_ID_BYTES],
    by_purpose: [LessSafeKey; Purpose::ALL.len()],
}

impl Keys {
    fn derive(master: &MasterKey) -> Option<Self> {
        let prk = Salt::new(HKDF_SHA256, b"cairn").extract(&master.0);
        let id = expand(&prk, b"cairn/identity/key-id/1")?;
        let mut keys = Vec::with_capacity(Purpose::ALL.len());
        for purpose in Purpose::ALL {
            let bytes: [u8; 32] = expand(&prk, purpose.label())?;
            keys.push(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?));
        }
        Some(Self {
            id,
            by_purpose: keys.try_into().ok()?,
        })
    }

    fn of(&self, purpose: Purpose) -> &LessSafeKey {
        match purpose {
            Purpose::Secret => &self.by_purpose[0],
            Purpose::SessionToken => &self.by_purpose[1],
            Purpose::AuthorizationMessage => &self.by_purpose[2],
        }
    }
}

fn expand<const N: usize>(prk: &Prk, info: &[u8]) -> Option<[u8; N]> {
    struct Length(usize);
    impl ring::hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut bytes = [0; N];
    prk.expand(&[info], Length(N)).ok()?.fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Seals and opens.
pub(crate) struct Sealer {
    /// The first seals.
    keys: Vec<Keys>,
}

impl Sealer {
    const KEY_ID_BYTES: usize = 4;

    /// Over these keys; the first seals.
    ///
    /// # Errors
    /// [`NotSealedHere`] without any key.
    pub(crate) fn new(masters: &[MasterKey]) -> Result<Self, NotSealedHere> {
        let keys: Option<Vec<Keys>> = masters.iter().map(Keys::derive).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self { keys }),
            _ => Err(NotSealedHere),
        }
    }

    /// Seals `text`, which belongs to `owner`: key id, nonce, ciphertext with its tag.
    ///
    /// # Errors
    /// [`NotSealedHere`]: not for any text that fits into memory.
    pub(crate) fn seal(&self, purpose: Purpose, owner: &[u8], text: &[u8]) -> Result<Vec<u8>, NotSealedHere> {
        let keys = self.keys.first().ok_or(NotSealedHere)?;
        // Random: 2^32 texts may be sealed under one key before a nonce could come twice (NIST SP 800-38D §8.3).
        let nonce: [u8; NONCE_LEN] = random::bytes();
        let mut sealed =
            Vec::with_capacity(Self::KEY_ID_BYTES + NONCE_LEN + text.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&keys.id);
        sealed.extend_from_slice(&nonce);
        let mut ciphertext = text.to_vec();
        keys.of(purpose)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner),
                &mut ciphertext,
            )
            .map_err(|_| NotSealedHere)?;
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made for the same purpose and owner.
    ///
    /// # Errors
    /// [`NotSealedHere`].
    pub(crate) fn open(
        &self,
        purpose: Purpose,
        owner: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, NotSealedHere> {
        let (id, rest) = sealed.split_at_checked(Self::KEY_ID_BYTES).ok_or(NotSealedHere)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(NotSealedHere)?;
        let mut ciphertext = ciphertext.to_vec();
        let keys = self.keys.iter().find(|keys| keys.id == id).ok_or(NotSealedHere)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = keys
            .of(purpose)
            .open_in_place(nonce, Aad::from(owner), &mut ciphertext)
            .map_err(|_| NotSealedHere)?
            .len();
        ciphertext.truncate(text);
        Ok(ciphertext)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(masters: &[&MasterKey]) -> Sealer {
        Sealer::new(&masters.iter().map(|key| (*key).clone()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn opens_only_for_its_purpose_and_owner_and_whole() {
        let master = MasterKey::generate();
        let sealer = sealer(&[&master]);
        let sealed = sealer.seal(Purpose::Secret, b"AKIA1", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        let open = |purpose, owner: &[u8], sealed: &[u8]| sealer.open(purpose, owner, sealed);
        assert_eq!(open(Purpose::Secret, b"AKIA1", &sealed).unwrap(), b"hunter2");
        assert!(open(Purpose::SessionToken, b"AKIA1", &sealed).is_err());
        assert!(open(Purpose::Secret, b"AKIA2", &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(open(Purpose::Secret, b"AKIA1", &sealed[..cut]).is_err());
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(Purpose::Secret, b"AKIA1", &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
        let (old, new) = (MasterKey::generate(), MasterKey::generate());
        let before = sealer(&[&old]).seal(Purpose::Secret, b"", b"text").unwrap();
        let both = sealer(&[&new, &old]);
        assert_eq!(both.open(Purpose::Secret, b"", &before).unwrap(), b"text");
        let after = both.seal(Purpose::Secret, b"", b"text").unwrap();
        assert!(sealer(&[&old]).open(Purpose::Secret, b"", &after).is_err());
        assert_eq!(
            sealer(&[&new]).open(Purpose::Secret, b"", &after).unwrap(),
            b"text"
        );
        assert!(Sealer::new(&[]).is_err());
    }

    #[test]
    fn a_master_key_is_32_bytes_and_shows_nothing() {
        let key = MasterKey::generate();
        assert_eq!(MasterKey::parse(&format!("{}\n", key.expose())).unwrap().0, key.0);
        assert!(MasterKey::parse("c2hvcnQ=").is_err());
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}
