//! Asks other systems what menus want to know or have spoken, and what callers have said: HTTP on a thread of its own, questions and
//! answers over bounded queues.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::CallId;
use reqwest::{Client, ClientBuilder, Response, redirect};
use switch::{SpeechRequest, WebRequest};
use tokio::sync::{Semaphore, mpsc};

use crate::stop::Stop;
use crate::view;

mod kept;
mod speech;

pub(crate) use speech::Speaker;

pub(crate) mod recognition;

use recognition::{Recognizer, Service};

/// Questions and answers on their way: more than calls that are in menus at the engine's highest rate within one time-out.
const WAITING: usize = 4096;
/// Questions under way: the desk's system is not to be drowned, and each takes a connection.
const ASKED_MAX: usize = 256;
/// Answers taken in one turn: each costs about as much as a SIP message.
const ANSWERS_A_TURN: usize = 32;
/// An order with all that belongs to it, many times over; nobody reads more than a few lines to a caller.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// A text that is longer is no value for a caller; a menu keeps less.
const TEXT_BYTES_MAX: usize = 4096;

type Question = (CallId, u32, Box<WebRequest>);
type Answer = (CallId, u32, Option<Vec<String>>);

/// The control thread's side.
#[derive(Debug)]
pub(crate) struct Web {
    questions: mpsc::Sender<Question>,
    answers: mpsc::Receiver<Answer>,
    texts: mpsc::Sender<speech::Question>,
    spoken: mpsc::Receiver<speech::Answer>,
    speaker: Arc<Speaker>,
    pub(crate) recognizer: Recognizer,
}

/// Starts the thread; answers wake the control thread through `stop`.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn start(stop: Arc<Stop>, speaker: &Arc<Speaker>, service: Arc<Service>) -> std::io::Result<Web> {
    let (questions, asked) = mpsc::channel(WAITING);
    let (sender, answers) = mpsc::channel(WAITING);
    let (texts, to_speak) = mpsc::channel(WAITING);
    let (speaks, spoken) = mpsc::channel(WAITING);
    let client = client().or_else(|error| {
        // A machine that knows no authority has calls to take all the same.
        tracing::warn!(reason = cause(&error), "menus can ask over http alone: no certificates can be read; install ca-certificates and restart to let them ask over https");
        builder().tls_certs_only([]).build()
    });
    let client = client.map_err(std::io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (speaker, voice) = (Arc::clone(speaker), Arc::clone(speaker));
    let (recognizer, room) = recognition::open(service);
    let serve = move || {
        let speak = speech::serve(client.clone(), voice, to_speak, speaks, Arc::clone(&stop));
        let understand = recognition::serve(client.clone(), room, Arc::clone(&stop));
        let all = async { tokio::join!(serve(client, asked, sender, stop), speak, understand) };
        runtime.block_on(all);
    };
    std::thread::Builder::new().name("web".to_owned()).spawn(serve)?;
    Ok(Web { questions, answers, texts, spoken, speaker, recognizer })
}

/// What a menu asks is asked there and nowhere else: no proxy of the environment, no address that an answer names.
fn builder() -> ClientBuilder {
    let agent = concat!("hotline/", env!("CARGO_PKG_VERSION"));
    Client::builder().redirect(redirect::Policy::none()).no_proxy().user_agent(agent)
}

/// Believes the authorities that the system knows.
fn client() -> reqwest::Result<Client> {
    builder().build()
}

impl Web {
    /// False where too many wait: the call is told that there is no answer.
    pub(crate) fn ask(&self, question: Question) -> bool {
        self.questions.try_send(question).is_ok()
    }

    /// The same for a text that is to be spoken.
    pub(crate) fn speak(&self, call: CallId, question: u32, speech: Box<SpeechRequest>) -> bool {
        let until = Instant::now() + speech.timeout;
        let has_room = self.texts.try_send((call, question, speech, until)).is_ok();
        if !has_room {
            self.speaker.refuse();
        }
        has_room
    }

    /// Hands this turn's texts to `put` that are sounds now, or that nobody has spoken; true when more wait.
    pub(crate) fn take_spoken(&mut self, mut put: impl FnMut(speech::Answer)) -> bool {
        for _ in 0..ANSWERS_A_TURN {
            let Ok(answer) = self.spoken.try_recv() else { return false };
            put(answer);
        }
        !self.spoken.is_empty()
    }

    pub(crate) fn speech(&self) -> view::Speech {
        let (understood, missed) = self.recognizer.counts();
        view::Speech { understood, missed, ..self.speaker.counts() }
    }

    /// Hands this turn's answers to `put`; true when more wait.
    pub(crate) fn take(&mut self, mut put: impl FnMut(Answer)) -> bool {
        for _ in 0..ANSWERS_A_TURN {
            let Ok(answer) = self.answers.try_recv() else { return false };
            put(answer);
        }
        !self.answers.is_empty()
    }
}

/// Answers until the control thread is gone.
async fn serve(client: Client, mut asked: mpsc::Receiver<Question>, answers: mpsc::Sender<Answer>, stop: Arc<Stop>) {
    let room = Arc::new(Semaphore::new(ASKED_MAX));
    while let Some((call, question, request)) = asked.recv().await {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let (client, answers, stop) = (client.clone(), answers.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let values = match answer(&client, &request).await {
                Ok(values) => Some(values),
                Err(reason) => {
                    // Neither path nor query: what is asked for may be a caller's.
                    tracing::warn!(%call, host = host(&request.url), reason, "a system that a menu asks gave no good answer");
                    None
                }
            };
            // The control thread may be gone.
            let _ = answers.send((call, question, values)).await;
            stop.ring();
            drop(permit);
        });
    }
}

async fn answer(client: &Client, request: &WebRequest) -> Result<Vec<String>, String> {
    let asked = async {
        let response = send(client, request).await.map_err(|error| cause(&error))?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let body = body(response, ANSWER_BYTES_MAX).await?;
        values(&body, &request.take)
    };
    let late = |_| "no answer in time".to_owned();
    tokio::time::timeout(request.timeout.max(Duration::from_millis(1)), asked).await.map_err(late)?
}

async fn send(client: &Client, request: &WebRequest) -> reqwest::Result<Response> {
    let mut builder = match &request.send {
        None => client.get(&request.url),
        Some(fields) => {
            let object = fields.iter().map(|(name, text)| (name.clone(), serde_json::Value::from(text.as_str())));
            let body = serde_json::Value::Object(object.collect()).to_string();
            client.post(&request.url).header("Content-Type", "application/json").body(body)
        }
    };
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.send().await
}

/// Not more than anybody reads.
async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(format!("an answer of more than {bytes_max} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The texts at `places` (RFC 6901); what is not there is empty.
fn values(body: &[u8], places: &[String]) -> Result<Vec<String>, String> {
    // A question may be all that it is about.
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let json: serde_json::Value = serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
    places.iter().map(|place| text(json.pointer(place), place)).collect()
}

fn text(value: Option<&serde_json::Value>, place: &str) -> Result<String, String> {
    match value {
        None | Some(serde_json::Value::Null) => Ok(String::new()),
        Some(serde_json::Value::String(text)) if text.len() <= TEXT_BYTES_MAX => Ok(text.clone()),
        Some(serde_json::Value::String(_)) => Err(format!("more than {TEXT_BYTES_MAX} bytes at {place}")),
        Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => Ok(value.to_string()),
        Some(_) => Err(format!("a list or an object at {place}")),
    }
}

/// The deepest reason; the others name the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    // One without a source would print its URL.
    if std::ptr::addr_eq(deepest, error) { "the request failed".to_owned() } else { deepest.to_string() }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}

#[cfg(test)]
#[path = "web_tests.rs"]
mod tests;
