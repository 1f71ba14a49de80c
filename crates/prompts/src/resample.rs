//! From any sampling rate to the telephone's 8 kHz, by a low-pass of windowed sinc (Smith, Digital Audio Resampling), and the band of the
//! telephone.

use std::f64::consts::PI;

/// Of every prompt.
pub(crate) const RATE: u32 = 8_000;
/// Halfway down the slope of the low-pass, as a part of `RATE`: what is above 4 kHz must not fold back, and 3.4 kHz is still heard.
const CUTOFF: f64 = 3_700.0 / 8_000.0;
/// Samples of the output on each side of a sample: the slope is 600 Hz wide with them.
const HALF_WIDTH: usize = 48;
/// 80 dB of stop band (Kaiser).
const BETA: f64 = 7.857;
/// Between two steps of the kernel lies a straight line; with so many it is off by less than the stop band.
const STEPS: usize = 512;
/// Rumble of a room and the proximity of a mouth are not of a telephone.
const HIGH_PASS_HZ: f64 = 150.0;
const HIGH_PASS_TAPS: usize = 481;

/// The samples at 8 kHz; `rate` is at least that.
pub(crate) fn to_telephone(samples: &[f64], rate: u32) -> Vec<f64> {
    let narrow = if rate == RATE { samples.to_vec() } else { resample(samples, rate) };
    high_pass(&narrow)
}

fn resample(samples: &[f64], rate: u32) -> Vec<f64> {
    let kernel: Vec<f64> = (0..=HALF_WIDTH * STEPS + 1).map(|step| low_pass(step as f64 / STEPS as f64)).collect();
    // Input samples for each of the output.
    let ratio = f64::from(rate) / f64::from(RATE);
    let count = (samples.len() as f64 / ratio).ceil() as usize;
    let reach = HALF_WIDTH as f64 * ratio;
    let one = |n: usize| {
        let centre = n as f64 * ratio;
        let from = (centre - reach).ceil().max(0.0) as usize;
        let to = ((centre + reach).floor() as usize + 1).min(samples.len());
        let near = samples.get(from..to).unwrap_or_default();
        let weighted = near.iter().zip(from..).map(|(x, k)| x * at(&kernel, (centre - k as f64).abs() / ratio));
        weighted.sum::<f64>() / ratio
    };
    (0..count).map(one).collect()
}

/// The kernel at a distance, in samples of the output.
fn at(kernel: &[f64], distance: f64) -> f64 {
    let place = distance * STEPS as f64;
    let (before, part) = (place.floor() as usize, place.fract());
    let of = |step: usize| kernel.get(step).copied().unwrap_or(0.0);
    of(before) + (of(before + 1) - of(before)) * part
}

/// A sinc below a Kaiser window.
fn low_pass(distance: f64) -> f64 {
    let inside = distance / HALF_WIDTH as f64;
    if inside >= 1.0 {
        return 0.0;
    }
    2.0 * CUTOFF * sinc(2.0 * CUTOFF * distance) * kaiser(inside)
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn kaiser(inside: f64) -> f64 {
    bessel(BETA * (1.0 - inside * inside).sqrt()) / bessel(BETA)
}

/// The modified Bessel function of the first kind and order zero, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..64 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

/// Everything less what a low-pass of `HIGH_PASS_HZ` leaves.
fn high_pass(samples: &[f64]) -> Vec<f64> {
    let half = HIGH_PASS_TAPS / 2;
    let cut = HIGH_PASS_HZ / f64::from(RATE);
    let tap = |n: usize| {
        let distance = n as f64 - half as f64;
        2.0 * cut * sinc(2.0 * cut * distance) * kaiser(distance / (half + 1) as f64)
    };
    let low: Vec<f64> = (0..HIGH_PASS_TAPS).map(tap).collect();
    let sum: f64 = low.iter().sum();
    let one = |n: usize| {
        let from = n.saturating_sub(half);
        let near = samples.get(from..(n + half + 1).min(samples.len())).unwrap_or_default();
        let rumble: f64 = near.iter().zip(from..).map(|(x, k)| x * low.get(n + half - k).copied().unwrap_or(0.0)).sum();
        samples.get(n).copied().unwrap_or(0.0) - rumble / sum
    };
    (0..samples.len()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a tone, in decibels, in the middle of a second.
    fn gain_db(hz: f64, rate: u32) -> f64 {
        let tone: Vec<f64> = (0..rate).map(|n| (2.0 * PI * hz * f64::from(n) / f64::from(rate)).sin()).collect();
        let out = to_telephone(&tone, rate);
        assert_eq!(out.len(), 8_000, "{rate}");
        let middle = &out[2_000..6_000];
        10.0 * (2.0 * middle.iter().map(|x| x * x).sum::<f64>() / middle.len() as f64).log10()
    }

    const RATES: [u32; 7] = [11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000];

    #[test]
    fn speech_passes() {
        for rate in RATES {
            for hz in [300.0, 500.0, 1_000.0, 2_000.0, 3_000.0, 3_400.0] {
                let db = gain_db(hz, rate);
                assert!(db.abs() < 0.1, "{hz} Hz at {rate} Hz: {db:.2} dB");
            }
        }
    }

    #[test]
    fn nothing_folds_back() {
        for rate in RATES {
            for hz in [4_050.0, 4_600.0, 5_200.0, 7_000.0, 11_000.0, 20_000.0] {
                if hz < f64::from(rate) / 2.0 {
                    let db = gain_db(hz, rate);
                    assert!(db < -70.0, "{hz} Hz at {rate} Hz: {db:.1} dB");
                }
            }
        }
    }

    #[test]
    fn rumble_and_direct_current_are_taken_away() {
        for rate in [8_000, 48_000] {
            assert!(gain_db(50.0, rate) < -40.0, "{}", gain_db(50.0, rate));
            assert!(gain_db(300.0, rate).abs() < 0.1);
        }
        let out = to_telephone(&vec![0.5; 8_000], 8_000);
        assert!(out[2_000..6_000].iter().all(|x| x.abs() < 1e-3));
    }

    #[test]
    fn a_click_stays_where_it_was() {
        for rate in RATES {
            let mut samples = vec![0.0; rate as usize];
            samples[rate as usize / 2] = 1.0;
            let out = to_telephone(&samples, rate);
            let loudest = (0..out.len()).max_by(|a, b| out[*a].abs().total_cmp(&out[*b].abs())).unwrap();
            assert!(loudest.abs_diff(4_000) <= 1, "{rate}: {loudest}");
        }
        assert!(to_telephone(&[], 48_000).is_empty());
    }
}
