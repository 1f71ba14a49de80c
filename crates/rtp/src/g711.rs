//! A-law and µ-law (ITU-T G.711), and the way from one to the other.
//!
//! A code is a sign and a *value number*: A-law counts its decoder's magnitudes from 1 to 128, µ-law from 0 to 127.

use base::Codec;

const fn a_decode(code: u8) -> i16 {
    let bits = code ^ 0x55;
    let (segment, step) = (((bits >> 4) & 7) as i16, (bits & 15) as i16);
    let magnitude = if segment == 0 { (2 * step + 1) << 3 } else { (2 * step + 33) << (segment + 2) };
    if bits & 0x80 != 0 { magnitude } else { -magnitude }
}

const fn mu_decode(code: u8) -> i16 {
    let bits = !code;
    let (segment, step) = (((bits >> 4) & 7) as i16, (bits & 15) as i16);
    let magnitude = (((2 * step + 33) << segment) - 33) << 2;
    if bits & 0x80 != 0 { -magnitude } else { magnitude }
}

const fn table_of_a() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = a_decode(code as u8);
        code += 1;
    }
    table
}

const fn table_of_mu() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = mu_decode(code as u8);
        code += 1;
    }
    table
}

/// The A-law value numbers that no µ-law value is converted to (ITU-T G.711 §5, table 3).
const UNREACHED: [u8; 8] = [26, 28, 30, 32, 45, 47, 63, 80];

const fn is_unreached(number: u8) -> bool {
    let mut i = 0;
    while i < UNREACHED.len() {
        if UNREACHED[i] == number {
            return true;
        }
        i += 1;
    }
    false
}

const fn a_code(number: u8, positive: bool) -> u8 {
    ((number - 1) | if positive { 0x80 } else { 0 }) ^ 0x55
}

const fn mu_code(number: u8, positive: bool) -> u8 {
    !(number | if positive { 0 } else { 0x80 })
}

/// µ-law to A-law: the numbers 0 to 15 in pairs onto 1 to 8, the rest in order onto what is reached above 8.
const fn table_mu_to_a() -> [u8; 256] {
    let mut table = [0; 256];
    let mut mu = 0;
    let mut a = 0;
    while mu < 128 {
        a = if mu < 16 { mu / 2 + 1 } else { a + 1 };
        while is_unreached(a) {
            a += 1;
        }
        table[mu_code(mu, true) as usize] = a_code(a, true);
        table[mu_code(mu, false) as usize] = a_code(a, false);
        mu += 1;
    }
    table
}

/// A-law to µ-law: back to the larger of the numbers that come here; an unreached number goes with the one below it.
const fn table_a_to_mu() -> [u8; 256] {
    let mut table = [0; 256];
    let mut a = 1;
    let mut mu = 0;
    while a <= 128 {
        if a <= 8 {
            mu = 2 * a - 1;
        } else if !is_unreached(a) {
            mu += 1;
        }
        table[a_code(a, true) as usize] = mu_code(mu, true);
        table[a_code(a, false) as usize] = mu_code(mu, false);
        a += 1;
    }
    table
}

static A_TO_LINEAR: [i16; 256] = table_of_a();
static MU_TO_LINEAR: [i16; 256] = table_of_mu();
static MU_TO_A: [u8; 256] = table_mu_to_a();
static A_TO_MU: [u8; 256] = table_a_to_mu();

/// One 16-bit sample as one code.
pub const fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcma => a_encode(sample),
        Codec::Pcmu => mu_encode(sample),
    }
}

/// One code as a 16-bit sample.
pub fn decode(codec: Codec, code: u8) -> i16 {
    match codec {
        Codec::Pcma => A_TO_LINEAR[code as usize],
        Codec::Pcmu => MU_TO_LINEAR[code as usize],
    }
}

/// The code of silence.
pub const fn silence(codec: Codec) -> u8 {
    codec.silence()
}

/// Converts codes in place (ITU-T G.711 tables 3 and 4).
pub fn convert(from: Codec, to: Codec, codes: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => &A_TO_MU,
        (Codec::Pcmu, Codec::Pcma) => &MU_TO_A,
        (Codec::Pcma, Codec::Pcma) | (Codec::Pcmu, Codec::Pcmu) => return,
    };
    for code in codes {
        *code = table[*code as usize];
    }
}

/// The magnitude that the quantizer sees; negative samples in one's complement, so that both signs have as many steps.
const fn magnitude(sample: i16) -> u16 {
    (if sample < 0 { !sample } else { sample }) as u16
}

const fn a_encode(sample: i16) -> u8 {
    let steps = magnitude(sample) >> 4;
    let number = if steps < 16 {
        steps
    } else {
        let segment = steps.ilog2() as u16 - 3;
        (segment << 4) | ((steps >> (segment - 1)) & 15)
    };
    a_code(number as u8 + 1, sample >= 0)
}

const fn mu_encode(sample: i16) -> u8 {
    let biased = (magnitude(sample) >> 2) + 33;
    let biased = if biased > 8191 { 8191 } else { biased };
    let segment = biased.ilog2() as u16 - 5;
    mu_code(((segment << 4) | ((biased >> (segment + 1)) & 15)) as u8, sample >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decision values x(n) of ITU-T G.711 tables 1a and 2a on the 16-bit scale, built from their segment rule.
    fn decisions(codec: Codec) -> Vec<u32> {
        let (first, scale, mut x) = match codec {
            Codec::Pcma => (2, 8, 0),
            Codec::Pcmu => (2, 4, 1),
        };
        let mut values = vec![0];
        for segment in 0..8u32 {
            let step = match codec {
                Codec::Pcma => first << segment.saturating_sub(1),
                Codec::Pcmu => first << segment,
            };
            for place in 0..16 {
                if codec == Codec::Pcmu && segment == 0 && place == 0 {
                    values.push(x * scale);
                    continue;
                }
                x += step;
                values.push(x * scale);
            }
        }
        values
    }

    #[test]
    fn decision_values_are_those_of_the_tables() {
        let a = decisions(Codec::Pcma);
        assert_eq!((a[16] / 8, a[32] / 8, a[48] / 8, a[112] / 8, a[128] / 8), (32, 64, 128, 2048, 4096));
        let mu = decisions(Codec::Pcmu);
        assert_eq!((mu[1] / 4, mu[16] / 4, mu[32] / 4, mu[112] / 4, mu[128] / 4), (1, 31, 95, 4063, 8159));
    }

    #[test]
    fn encodes_by_the_decision_values() {
        for codec in Codec::ALL {
            let x = decisions(codec);
            for sample in i16::MIN..=i16::MAX {
                let size = u32::from(magnitude(sample));
                let number = (x.iter().rposition(|d| *d <= size).unwrap_or(0)).min(127) as u8;
                let expected = match codec {
                    Codec::Pcma => a_code(number + 1, sample >= 0),
                    Codec::Pcmu => mu_code(number, sample >= 0),
                };
                assert_eq!(encode(codec, sample), expected, "{codec:?} {sample}");
            }
        }
    }

    #[test]
    fn decodes_to_the_middle_and_comes_back() {
        for codec in Codec::ALL {
            let x = decisions(codec);
            for code in 0..=255 {
                let sample = decode(codec, code);
                let number = match codec {
                    Codec::Pcma => (code ^ 0x55) & 0x7f,
                    Codec::Pcmu => !code & 0x7f,
                } as usize;
                let middle = match (codec, number) {
                    (Codec::Pcmu, 0) => 0,
                    _ => (x[number] + x[number + 1]) / 2,
                };
                assert_eq!(u32::from(sample.unsigned_abs()), middle, "{codec:?} {code:#x}");
                let again = encode(codec, sample);
                assert!(again == code || codec == Codec::Pcmu && code == 0x7f, "{codec:?} {code:#x} {again:#x}");
            }
        }
    }

    #[test]
    fn conversion_changes_only_what_the_recommendation_says() {
        for number in 0..128u8 {
            for positive in [true, false] {
                let mut code = [mu_code(number, positive)];
                convert(Codec::Pcmu, Codec::Pcma, &mut code);
                convert(Codec::Pcma, Codec::Pcmu, &mut code);
                let expected = if number < 16 && number % 2 == 0 { number + 1 } else { number };
                assert_eq!(code, [mu_code(expected, positive)], "µ {number}");
                let number = number + 1;
                let mut code = [a_code(number, positive)];
                convert(Codec::Pcma, Codec::Pcmu, &mut code);
                convert(Codec::Pcmu, Codec::Pcma, &mut code);
                let expected = if UNREACHED.contains(&number) { number - 1 } else { number };
                assert_eq!(code, [a_code(expected, positive)], "A {number}");
            }
        }
    }

    #[test]
    fn conversion_stays_within_a_step() {
        for code in 0..=255u8 {
            for (from, to) in [(Codec::Pcma, Codec::Pcmu), (Codec::Pcmu, Codec::Pcma)] {
                let mut converted = [code];
                convert(from, to, &mut converted);
                let (before, after) = (i32::from(decode(from, code)), i32::from(decode(to, converted[0])));
                let step = before.abs() / 16 + 16;
                assert!((before - after).abs() <= step, "{from:?} {code:#x}: {before} {after}");
            }
        }
    }
}
