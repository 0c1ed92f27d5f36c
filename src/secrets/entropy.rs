//! How random a text looks.

/// Shannon entropy in bits per byte; 0 for an empty text, at most 8.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / total;
            -share * share.log2()
        })
        .sum()
}

/// Whether a text of token length looks generated: letters with digits or with several other signs, many
/// different ones, and no alphabet or counting run.
pub(super) fn looks_generated(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    // What words and paths are joined by says nothing.
    let signs = text.bytes().filter(|b| b.is_ascii_punctuation() && !b"-_./:,'".contains(b)).count();
    (digits > 0 || signs > 2) && letters > 0 && entropy(text) >= 3.0 && !is_sequential(text)
}

/// Whether a text was typed and not drawn: it holds a long run of one character or of an alphabet
/// (`xxxxxx`, `abcdefgh`, `12345678`), or most of it is short ones.
pub(super) fn is_sequential(text: &str) -> bool {
    const LONGEST_SAME: usize = 6;
    const LONGEST_RISING: usize = 8;
    let bytes = text.as_bytes();
    let (mut same, mut rising) = (1, 1);
    for pair in bytes.windows(2) {
        same = if pair[1] == pair[0] { same + 1 } else { 1 };
        rising = if pair[1] == pair[0].wrapping_add(1) { rising + 1 } else { 1 };
        if same >= LONGEST_SAME || rising >= LONGEST_RISING {
            return true;
        }
    }
    let runs =
        bytes.windows(2).filter(|pair| pair[1] == pair[0] || pair[1] == pair[0].wrapping_add(1)).count();
    runs * 2 > bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_text_is_told_from_runs() {
        assert!(entropy("") < 0.1);
        assert!((entropy("abab") - 1.0).abs() < 1e-9);
        assert!(looks_generated("9f8K2mQx71Lp"));
        assert!(!looks_generated("abcdefgh12345678"));
        assert!(!looks_generated("aaaaaaaaaaaaaaa1"));
        assert!(!looks_generated("bP88Q7xxxxxxxxxx"));
        assert!(!looks_generated("correct-horse"));
        assert!(looks_generated("kP&w(zQ]m$vRt"));
    }
}
