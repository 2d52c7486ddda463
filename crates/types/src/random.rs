//! Randomness from the operating system, in the few forms Cairn needs.

/// Fills `N` bytes from the operating system's generator.
///
/// # Panics
/// Where the operating system has no randomness to give: nothing that follows could be trusted, and it
/// cannot be provoked from the network.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "see Panics")]
    getrandom::fill(&mut bytes).expect("the operating system's random generator works");
    bytes
}

/// `length` characters of `alphabet`, each equally likely.
pub fn text(length: usize, alphabet: &[u8]) -> String {
    debug_assert!((1..=256).contains(&alphabet.len()));
    // Values past the last whole multiple of the alphabet are thrown away: a remainder would favour
    // the first characters.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes::<64>() {
            if usize::from(byte) < fair && text.len() < length {
                text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_has_the_length_and_alphabet_asked_for() {
        let text = super::text(1000, b"abc");
        assert_eq!(text.len(), 1000);
        assert!(text.bytes().all(|b| b"abc".contains(&b)));
        assert!(b"abc".iter().all(|b| text.as_bytes().contains(b)));
    }
}
