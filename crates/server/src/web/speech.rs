//! Has the texts of menus spoken: asks the service that the configuration names and makes sounds of the telephone of its answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use base::{CallId, Clip};
use reqwest::Client;
use settings::Synthesis;
use switch::SpeechRequest;
use tokio::sync::{Semaphore, mpsc};

use super::kept::{Kept, Words};
use super::{body, cause, host};
use crate::stop::Stop;
use crate::view;

/// Texts that are asked for at once: as many as a card that speaks has in hand, and each answer is held in memory.
const SPOKEN_MAX: usize = 64;
/// Forty seconds of one channel at 48 kHz in 16 bits, more than a minute at the 24 kHz that services speak with.
const SPEECH_BYTES_MAX: usize = 4 << 20;
/// Answers that become sounds of the telephone at once: each takes a core for some hundredths of a second, and cores are for calls.
const CONVERTED_MAX: usize = 2;

/// A text of a call, and until when somebody waits for it.
pub(super) type Question = (CallId, u32, Box<SpeechRequest>, Instant);
pub(super) type Answer = (CallId, u32, Option<Clip>);

/// Who speaks, what was spoken lately, and how often.
#[derive(Debug)]
pub(crate) struct Speaker {
    service: ArcSwapOption<Synthesis>,
    kept: Mutex<Kept>,
    converting: Arc<Semaphore>,
    spoken: AtomicU64,
    again: AtomicU64,
    failed: AtomicU64,
}

impl Speaker {
    pub(crate) fn new(service: Option<Arc<Synthesis>>) -> Speaker {
        Speaker {
            service: ArcSwapOption::new(service),
            kept: Mutex::default(),
            converting: Arc::new(Semaphore::new(CONVERTED_MAX)),
            spoken: AtomicU64::new(0),
            again: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Another service speaks from now on, or none; what an older one has said is not heard again.
    pub(crate) fn set(&self, service: Option<Arc<Synthesis>>) {
        if service.as_deref() != self.service.load().as_deref() {
            self.service.store(service);
            *self.kept() = Kept::default();
        }
    }

    pub(crate) fn counts(&self) -> view::Speech {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        view::Speech {
            spoken: of(&self.spoken),
            again: of(&self.again),
            failed: of(&self.failed),
            ..view::Speech::default()
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text for which there was no room.
    pub(super) fn refuse(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    async fn answer(&self, client: &Client, call: CallId, asked: &SpeechRequest, until: Instant) -> Option<Clip> {
        let service = self.service.load_full();
        let spoken = async {
            let service = service.as_ref().ok_or_else(|| "no service is named".to_owned())?;
            self.speak(client, service, asked).await
        };
        let late = |_| "no answer in time".to_owned();
        match tokio::time::timeout_at(until.into(), spoken).await.map_err(late).flatten() {
            Ok(clip) => Some(clip),
            Err(reason) => {
                self.refuse();
                let host = service.as_ref().map_or("", |service| host(&service.url));
                // Nothing of the text: it is a citizen's.
                tracing::warn!(%call, host, reason, "a text of a menu was not spoken");
                None
            }
        }
    }

    async fn speak(&self, client: &Client, service: &Arc<Synthesis>, asked: &SpeechRequest) -> Result<Clip, String> {
        let words = Words { text: asked.text.as_str().into(), locale: asked.locale.clone(), max: asked.max };
        if let Some(clip) = self.kept().find(&words, Instant::now()) {
            self.again.fetch_add(1, Ordering::Relaxed);
            return Ok(clip);
        }
        let bytes = fetch(client, service, asked).await?;
        let clip = self.convert(bytes, asked.max).await?;
        self.spoken.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.kept();
        // A reload may have named another one meanwhile.
        if self.service.load().as_ref().is_some_and(|now| Arc::ptr_eq(now, service)) {
            kept.keep(words, &clip, Instant::now());
        }
        Ok(clip)
    }

    /// On a thread of its own: questions of other calls go on meanwhile.
    async fn convert(&self, bytes: Vec<u8>, max: Duration) -> Result<Clip, String> {
        let room = Arc::clone(&self.converting).acquire_owned().await.map_err(|closed| closed.to_string())?;
        let converted = tokio::task::spawn_blocking(move || {
            let made = prompts::spoken(bytes, max);
            drop(room);
            made.map(|samples| legs::clip(&samples))
        });
        converted.await.map_err(|_| "its answer broke the reader of sounds; report this".to_owned())?
    }
}

async fn fetch(client: &Client, service: &Synthesis, asked: &SpeechRequest) -> Result<Vec<u8>, String> {
    let json = service.body(&asked.text, &asked.locale);
    let mut request = client.post(&service.url).header("Content-Type", "application/json").body(json);
    for (name, value) in &service.headers {
        request = request.header(name, &value.0);
    }
    let response = request.send().await.map_err(|error| cause(&error))?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status().as_u16()));
    }
    body(response, SPEECH_BYTES_MAX).await
}

/// Answers until the control thread is gone.
pub(super) async fn serve(
    client: Client,
    speaker: Arc<Speaker>,
    mut asked: mpsc::Receiver<Question>,
    answers: mpsc::Sender<Answer>,
    stop: Arc<Stop>,
) {
    let room = Arc::new(Semaphore::new(SPOKEN_MAX));
    while let Some((call, question, request, until)) = asked.recv().await {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let (client, speaker, answers, stop) =
            (client.clone(), Arc::clone(&speaker), answers.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let clip = speaker.answer(&client, call, &request, until).await;
            // The control thread may be gone.
            let _ = answers.send((call, question, clip)).await;
            stop.ring();
            drop(permit);
        });
    }
}

#[cfg(test)]
#[path = "speech_tests.rs"]
mod tests;
