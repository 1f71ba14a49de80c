//! Has what callers say understood by the service of `[speech.recognition]`.
//!
//! Neither voice nor text stands in a log: of an utterance that nobody understood its call, the service and the reason are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use base::{CallId, Voice};
use reqwest::{Client, RequestBuilder};
use settings::Recognition;
use switch::Utterance;
use tokio::sync::{Semaphore, mpsc};

use super::{ANSWER_BYTES_MAX, TEXT_BYTES_MAX, body, cause, host};
use crate::stop::Stop;

/// Utterances that wait to be sent: as many as a service takes in its time-out, 80 KB each at most.
const WAITING: usize = 256;
/// Utterances under way: each takes a connection, and half a megabyte while it is sent.
const RECOGNIZED_MAX: usize = 64;
/// Texts taken in one turn, as many as answers of other systems.
const TEXTS_A_TURN: usize = 32;

/// The service that holds, none where nobody understands, and how often it did.
#[derive(Debug, Default)]
pub(crate) struct Service {
    named: ArcSwapOption<Recognition>,
    understood: AtomicU64,
    missed: AtomicU64,
}

type Spoken = (CallId, u32, Box<Utterance>);
type Understood = (CallId, u32, Option<String>);

/// The control thread's side.
#[derive(Debug)]
pub(crate) struct Recognizer {
    service: Arc<Service>,
    utterances: mpsc::Sender<(Instant, Spoken)>,
    texts: mpsc::Receiver<Understood>,
}

/// What the web's thread has of it.
pub(super) struct Room {
    service: Arc<Service>,
    asked: mpsc::Receiver<(Instant, Spoken)>,
    texts: mpsc::Sender<Understood>,
}

impl Service {
    pub(crate) fn new(named: Option<Recognition>) -> Service {
        Service { named: ArcSwapOption::from_pointee(named), ..Service::default() }
    }

    /// Another one understands from now on, or none.
    pub(crate) fn set(&self, named: Option<Recognition>) {
        self.named.store(named.map(Arc::new));
    }

    /// None where there is no text in time.
    async fn answer(&self, client: &Client, call: CallId, speech: &Utterance, since: Instant) -> Option<String> {
        // A reload may have taken it away.
        let service = self.named.load_full();
        let heard = match &service {
            Some(service) => understand(client, service, speech, since.elapsed()).await,
            None => Err("no service is named".to_owned()),
        };
        let count = if heard.is_ok() { &self.understood } else { &self.missed };
        count.fetch_add(1, Ordering::Relaxed);
        heard
            .inspect_err(|reason| {
                let host = service.as_ref().map_or("", |service| host(&service.url));
                tracing::warn!(%call, host, reason, "what a caller said was not understood");
            })
            .ok()
    }
}

pub(super) fn open(service: Arc<Service>) -> (Recognizer, Room) {
    let (utterances, asked) = mpsc::channel(WAITING);
    let (sender, texts) = mpsc::channel(WAITING);
    (Recognizer { service: Arc::clone(&service), utterances, texts }, Room { service, asked, texts: sender })
}

impl Recognizer {
    /// False where too many wait: the call is told that there is no answer.
    pub(crate) fn ask(&self, utterance: Spoken) -> bool {
        let has_room = self.utterances.try_send((Instant::now(), utterance)).is_ok();
        if !has_room {
            self.service.missed.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    /// Utterances that were answered, and those that were not.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.service.understood.load(Ordering::Relaxed), self.service.missed.load(Ordering::Relaxed))
    }

    /// Hands this turn's texts to `put`; true when more wait.
    pub(crate) fn take(&mut self, mut put: impl FnMut(Understood)) -> bool {
        for _ in 0..TEXTS_A_TURN {
            let Ok(understood) = self.texts.try_recv() else { return false };
            put(understood);
        }
        !self.texts.is_empty()
    }
}

/// Asks until the control thread is gone.
pub(super) async fn serve(client: Client, mut room: Room, stop: Arc<Stop>) {
    let places = Arc::new(Semaphore::new(RECOGNIZED_MAX));
    while let Some((since, (call, question, speech))) = room.asked.recv().await {
        let Ok(permit) = Arc::clone(&places).acquire_owned().await else { return };
        let (client, texts, stop) = (client.clone(), room.texts.clone(), Arc::clone(&stop));
        let service = Arc::clone(&room.service);
        tokio::spawn(async move {
            let text = service.answer(&client, call, &speech, since).await;
            // The control thread may be gone.
            let _ = texts.send((call, question, text)).await;
            stop.ring();
            drop(permit);
        });
    }
}

/// The text, where the service tells one before its time is over, of which so much has gone by.
async fn understand(
    client: &Client,
    service: &Recognition,
    speech: &Utterance,
    gone: Duration,
) -> Result<String, String> {
    let asked = async {
        let response = request(client, service, speech).send().await.map_err(|error| cause(&error))?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status().as_u16()));
        }
        text(&body(response, ANSWER_BYTES_MAX).await?, &service.text_at)
    };
    let late = |_| "no answer in time".to_owned();
    tokio::time::timeout(service.timeout.saturating_sub(gone), asked).await.map_err(late)?
}

fn text(body: &[u8], place: &str) -> Result<String, String> {
    let json: serde_json::Value = serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
    match json.pointer(place).and_then(serde_json::Value::as_str) {
        Some(text) if text.len() <= TEXT_BYTES_MAX => Ok(text.to_owned()),
        Some(_) => Err(format!("more than {TEXT_BYTES_MAX} bytes at {place}")),
        None => Err(format!("no text at {place}")),
    }
}

fn request(client: &Client, service: &Recognition, speech: &Utterance) -> RequestBuilder {
    let sound = wav(&speech.voice);
    let mut builder = client.post(&service.url);
    for (name, value) in &service.headers {
        builder = builder.header(name, &value.0);
    }
    let Some(fields) = &service.form else {
        return builder.header("Content-Type", "audio/wav").header("Content-Language", &speech.locale).body(sound);
    };
    let fields: Vec<_> = fields.iter().map(|(name, text)| (name.as_str(), filled(text, &speech.locale))).collect();
    let boundary = boundary(&fields, &sound);
    builder
        .header("Content-Type", format!("multipart/form-data; boundary={boundary}"))
        .body(form(&fields, &sound, &boundary))
}

fn filled(text: &str, locale: &str) -> String {
    let language = locale.split('-').next().unwrap_or_default();
    text.replace("{locale}", locale).replace("{language}", language)
}

/// RFC 7578.
fn form(fields: &[(&str, String)], sound: &[u8], boundary: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(sound.len() + 1024);
    for (name, text) in fields {
        let part =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{text}\r\n", escaped(name));
        body.extend_from_slice(part.as_bytes());
    }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"speech.wav\"\r\nContent-Type: audio/wav";
    body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
    body.extend_from_slice(sound);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

/// What stands in none of the parts.
fn boundary(fields: &[(&str, String)], sound: &[u8]) -> String {
    let stands = |boundary: &String| {
        let bytes = boundary.as_bytes();
        sound.windows(bytes.len()).any(|window| window == bytes)
            || fields.iter().any(|(_, text)| text.contains(boundary))
    };
    let mut boundary = "hotline-speech".to_owned();
    while stands(&boundary) {
        boundary.push('-');
    }
    boundary
}

/// As forms of the web do it (RFC 7578 §2).
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// 8 kHz, 16 bits, one channel.
fn wav(voice: &Voice) -> Vec<u8> {
    const RATE: u32 = 8_000;
    let data = u32::try_from(voice.codes.len() * 2).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(voice.codes.len() * 2 + 44);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&data.saturating_add(36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    out.extend_from_slice(&[1, 0, 1, 0]);
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend_from_slice(&(RATE * 2).to_le_bytes());
    // Bytes of a sample, and its bits.
    out.extend_from_slice(&[2, 0, 16, 0]);
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data.to_le_bytes());
    out.extend(voice.codes.iter().flat_map(|code| rtp::g711::decode(voice.codec, *code).to_le_bytes()));
    out
}

#[cfg(test)]
#[path = "recognition_tests.rs"]
mod tests;
