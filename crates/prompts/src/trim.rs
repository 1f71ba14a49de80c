//! What of a recording is speech: silence at its ends is cut, and what is no speech, or spoilt, is refused.

use crate::resample::RATE;

/// Ten milliseconds.
const WINDOW: usize = RATE as usize / 100;
/// Speech begins so far below the loudest window: 40 dB.
const QUIET: f64 = 0.01;
/// A click is shorter than so many windows.
const SYLLABLE: usize = 3;
/// A breath is left, so that pieces do not run together.
const BEFORE: usize = RATE as usize * 20 / 1000;
const AFTER: usize = RATE as usize * 60 / 1000;
/// The loudest window of anything that somebody spoke into a microphone: -50 dB.
const SILENT: f64 = 0.003;
/// A tenth of a second: less is no word.
const SHORTEST: usize = RATE as usize / 10;
/// As many samples at the very edge of what a recorder can hold are no voice.
const FLAT: usize = 4;
/// More than one such place is no chance.
const FLAT_PLACES: usize = 3;
const EDGE: f64 = 0.985;

/// Speech without the silence around it, with a soft beginning and end.
///
/// # Errors
/// There is no speech.
pub(crate) fn trim(samples: &[f64]) -> Result<Vec<f64>, String> {
    let levels: Vec<f64> = samples.chunks(WINDOW).map(rms).collect();
    let loudest = levels.iter().copied().fold(0.0, f64::max);
    if loudest < SILENT {
        return Err("silent; look whether the microphone was on".to_owned());
    }
    let loud: Vec<bool> = levels.iter().map(|level| *level > loudest * QUIET).collect();
    let speaks = |run: &[bool]| run.iter().all(|loud| *loud);
    let Some(first) = loud.windows(SYLLABLE).position(speaks) else {
        return Err("no speech in it, a click alone; record it again".to_owned());
    };
    let last = loud.windows(SYLLABLE).rposition(speaks).map_or(first, |at| at + SYLLABLE);
    let from = (first * WINDOW).saturating_sub(BEFORE);
    let to = (last * WINDOW + AFTER).min(samples.len());
    let mut speech = samples.get(from..to).unwrap_or_default().to_vec();
    if speech.len() < SHORTEST {
        return Err("shorter than a word; record it again".to_owned());
    }
    soften(&mut speech);
    Ok(speech)
}

/// # Errors
/// The recorder was driven beyond what it can hold.
pub(crate) fn refuse_clipped(samples: &[f64]) -> Result<(), String> {
    let peak = samples.iter().fold(0.0, |peak: f64, x| peak.max(x.abs()));
    if peak < EDGE {
        return Ok(());
    }
    let flat = |x: &f64| x.abs() > peak * 0.9995;
    let (mut places, mut run) = (0, 0);
    for x in samples {
        run = if flat(x) { run + 1 } else { 0 };
        places += usize::from(run == FLAT);
    }
    if places < FLAT_PLACES {
        return Ok(());
    }
    Err(format!("clipped at {places} places: the recorder could not hold the voice; record it again, less loud"))
}

/// A step at the edge is heard as a click.
pub(crate) fn soften(speech: &mut [f64]) {
    let ramp = WINDOW / 2;
    let part = |n: usize| (n as f64 + 0.5) / ramp as f64;
    speech.iter_mut().take(ramp).enumerate().for_each(|(n, x)| *x *= part(n));
    speech.iter_mut().rev().take(ramp).enumerate().for_each(|(n, x)| *x *= part(n));
}

fn rms(window: &[f64]) -> f64 {
    (window.iter().map(|x| x * x).sum::<f64>() / window.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(count: usize, size: f64) -> impl Iterator<Item = f64> {
        (0..count).map(move |n| size * (n as f64 * 0.5).sin())
    }

    #[test]
    fn silence_around_speech_is_cut_and_a_breath_is_left() {
        let mut samples: Vec<f64> = tone(8_000, 0.0005).collect();
        // A click before the speech is no speech.
        samples[800] = 0.4;
        samples.extend(tone(4_000, 0.3));
        samples.extend(tone(2_000, 0.0));
        samples.extend(tone(4_000, 0.3));
        samples.extend(tone(8_000, 0.0005));
        let speech = trim(&samples).unwrap();
        let wanted = 10_000 + BEFORE + AFTER;
        assert!(speech.len().abs_diff(wanted) <= 2 * WINDOW, "{} of {wanted}", speech.len());
        assert!(speech[0].abs() < 0.001 && speech[speech.len() - 1].abs() < 0.001);
    }

    #[test]
    fn what_is_no_speech_is_refused() {
        assert!(trim(&vec![0.0; 8_000]).unwrap_err().contains("silent"));
        assert!(trim(&[]).unwrap_err().contains("silent"));
        let mut click = vec![0.0; 8_000];
        click[4_000] = 1.0;
        assert!(trim(&click).unwrap_err().contains("click"));
        assert!(trim(&tone(400, 0.3).collect::<Vec<_>>()).unwrap_err().contains("shorter"));
    }

    #[test]
    fn a_voice_beyond_the_recorder_is_refused_and_a_loud_one_is_not() {
        let loud: Vec<f64> = tone(8_000, 1.0).collect();
        assert_eq!(refuse_clipped(&loud), Ok(()));
        let clipped: Vec<f64> = tone(8_000, 3.0).map(|x| x.clamp(-1.0, 1.0)).collect();
        assert!(refuse_clipped(&clipped).unwrap_err().contains("clipped"));
        assert_eq!(refuse_clipped(&tone(8_000, 3.0).collect::<Vec<_>>()), Ok(()), "floating point holds it");
        assert_eq!(refuse_clipped(&[]), Ok(()));
    }
}
