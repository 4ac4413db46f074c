//! The shell: connections from browsers, and what they may ask for.
//!
//! A browser that has not entered gets the page that asks for the password and nothing else, whatever it asks for. What is slow is
//! done aside, a request of it at a time; every wait and every size has an end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Extension, Form, Path, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use super::gate::{Gate, Refused, STAY};
use super::page::{Dry, Enter, Run, Runs, Told, opens};
use super::{Held, Shelf};
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::lang::{Lang, say};
use crate::base::secret::Secret;
use crate::net::{Stop, random};

/// Connections at once; further ones wait.
pub const MAX_CONNECTIONS: usize = 64;
/// How long a browser may take to say what it wants.
pub const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may last: a large file over a slow line.
pub const CONNECTION_WITHIN: Duration = Duration::from_mins(15);
/// How long a sheet may take to arrive.
pub const UPLOAD_WITHIN: Duration = Duration::from_mins(2);
/// Octets of a sheet; one of 100,000 cameras has some 20 MB.
pub const MAX_UPLOAD: usize = 64 << 20;
/// Octets of the form with the password.
const MAX_FORM: usize = 4 << 10;
/// Headers of a request.
const MAX_HEADERS: usize = 64;
/// Characters of a name that the browser gives a file.
const MAX_NAME: usize = 120;
/// After a connection that could not be taken.
const AGAIN: Duration = Duration::from_millis(200);

/// The name of what a browser keeps.
const COOKIE: &str = "gbaudit_view";
/// What none of our pages needs, a browser is told to refuse.
const POLICY: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What every request needs.
pub struct Site {
    shelf: Arc<dyn Shelf>,
    gate: Mutex<Gate>,
    uploads: Semaphore,
    clock: SystemClock,
    lang: Lang,
}

impl Site {
    /// What is on the shelf, for whoever has the password.
    #[must_use]
    pub fn new(shelf: Arc<dyn Shelf>, password: &Secret, lang: Lang) -> Self {
        let gate = Mutex::new(Gate::new(password));
        Self { shelf, gate, uploads: Semaphore::new(1), clock: SystemClock::default(), lang }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        kept(headers).is_some_and(|kept| gate.knows(kept, self.clock.mono()))
    }

    /// Asks the shelf, aside.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Shelf) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Response> {
        let shelf = self.shelf.clone();
        let answer = tokio::task::spawn_blocking(move || question(shelf.as_ref())).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(text)) => Err(self.told(StatusCode::INTERNAL_SERVER_ERROR, text)),
            // A bug of ours, said on standard error already.
            Err(_) => Err(self.told(
                StatusCode::INTERNAL_SERVER_ERROR,
                say!(self.lang, "本工具出错，请查看启动 gbaudit view 的窗口", "gbaudit failed; see where it was started"),
            )),
        }
    }

    fn told(&self, status: StatusCode, text: String) -> Response {
        page(status, &Told::new(text, self.lang))
    }

    fn absent(&self) -> Response {
        self.told(StatusCode::NOT_FOUND, say!(self.lang, "没有这个批次或文件", "there is no such run or file"))
    }
}

/// Answers browsers until it is told to stop.
pub async fn serve(listener: TcpListener, site: Arc<Site>, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let router = router(site);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.stopped() => return,
        };
        let Ok((stream, peer)) = accepted else {
            // Too many open files, or a browser that is gone already.
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone().layer(Extension(peer)));
        tokio::spawn(async move {
            let _place = place;
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_headers(MAX_HEADERS).keep_alive(false);
            let _ = timeout(CONNECTION_WITHIN, http.serve_connection(TokioIo::new(stream), service)).await;
        });
    }
}

fn router(site: Arc<Site>) -> Router {
    let inside = Router::new()
        .route("/", get(runs))
        .route("/leave", post(leave))
        .route("/run/{run}/", get(run))
        .route("/run/{run}/try", post(try_sheet).layer(DefaultBodyLimit::max(MAX_UPLOAD)))
        .route("/run/{run}/{*path}", get(file))
        .fallback(nothing)
        .layer(from_fn_with_state(site.clone(), admitted));
    Router::new()
        .route("/enter", post(enter).layer(DefaultBodyLimit::max(MAX_FORM)))
        .merge(inside)
        .layer(from_fn(guarded))
        .with_state(site)
}

/// Whatever is sent has our policy; what another page makes a browser send is refused.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::POST && !is_own(request.headers()) {
        StatusCode::FORBIDDEN.into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().extend(POLICY);
    response
}

/// Whether a form was sent from a page of ours.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == text(header::HOST),
        (None, None) => true,
    }
}

/// Lets through who has entered; everybody else is asked for the password.
async fn admitted(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    if site.knows(request.headers()) {
        return next.run(request).await;
    }
    page(StatusCode::UNAUTHORIZED, &Enter::new(None, site.lang))
}

#[derive(serde::Deserialize)]
struct Password {
    password: String,
}

async fn enter(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<SocketAddr>,
    form: Result<Form<Password>, FormRejection>,
) -> Response {
    let lang = site.lang;
    let Ok(Form(Password { password })) = form else {
        return page(StatusCode::BAD_REQUEST, &Enter::new(Some(say!(lang, "请填写密码", "the password is missing")), lang));
    };
    let now = site.clock.mono();
    let entered = site.gate.lock().unwrap_or_else(PoisonError::into_inner).enter(peer.ip(), &password, now, random::<32>());
    match entered {
        Ok(kept) => {
            let seconds = STAY.as_secs();
            let cookie = format!("{COOKIE}={kept}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}");
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(Refused::Wrong) => {
            page(StatusCode::UNAUTHORIZED, &Enter::new(Some(say!(lang, "密码不对", "the password is wrong")), lang))
        }
        Err(Refused::Wait(rest)) => {
            let seconds = rest.as_secs() + 1;
            let text = say!(lang, "密码错得太多，请 {seconds} 秒后再试", "wrong too often: try again in {seconds} s");
            page(StatusCode::TOO_MANY_REQUESTS, &Enter::new(Some(text), lang))
        }
    }
}

async fn leave(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    if let Some(kept) = kept(&headers) {
        site.gate.lock().unwrap_or_else(PoisonError::into_inner).leave(kept);
    }
    let cookie = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

async fn runs(State(site): State<Arc<Site>>) -> Response {
    match site.ask(Shelf::list).await {
        Ok(listed) => page(StatusCode::OK, &Runs::new(listed, site.lang)),
        Err(told) => told,
    }
}

async fn run(State(site): State<Arc<Site>>, Path(run): Path<String>) -> Response {
    match site.ask(move |shelf| shelf.show(&run)).await {
        Ok(Some(shown)) => page(StatusCode::OK, &Run::new(shown, site.lang)),
        Ok(None) => site.absent(),
        Err(told) => told,
    }
}

async fn file(State(site): State<Arc<Site>>, Path((run, path)): Path<(String, String)>) -> Response {
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let as_file = format!("{run}-{name}");
    let mut size = None;
    let body = match site.ask(move |shelf| shelf.read(&run, &path)).await {
        Ok(Some(Held::Picture(octets))) => Body::from(octets),
        Ok(Some(Held::File(path))) => match tokio::fs::File::open(path).await {
            Ok(file) => {
                // So that a browser can say how much is still to come.
                size = file.metadata().await.ok().map(|about| about.len());
                Body::from_stream(ReaderStream::new(file))
            }
            Err(_) => return site.absent(),
        },
        Ok(None) => return site.absent(),
        Err(told) => return told,
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind(&name));
    headers.extend(size.map(|size| (header::CONTENT_LENGTH, HeaderValue::from(size))));
    if !opens(&name) {
        let ascii = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let safe: String = as_file.chars().map(|c| if ascii(c) { c } else { '_' }).collect();
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{safe}\"")) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
    }
    response
}

fn kind(name: &str) -> HeaderValue {
    let end = std::path::Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default();
    HeaderValue::from_static(match end {
        "html" => "text/html; charset=utf-8",
        "jpg" => "image/jpeg",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    })
}

async fn try_sheet(
    State(site): State<Arc<Site>>,
    Path(run): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let lang = site.lang;
    let bad = |text: String| site.told(StatusCode::BAD_REQUEST, text);
    let unreadable = || say!(lang, "没有收到整改清单，请选择文件后再试", "no sheet arrived: choose a file and try again");
    let Ok(form) = form else { return bad(unreadable()) };
    // One sheet at a time is in memory.
    let Ok(_place) = site.uploads.acquire().await else { return bad(unreadable()) };
    let (platform, name, octets) = match timeout(UPLOAD_WITHIN, fields(form)).await {
        Ok(Ok(Some(fields))) => fields,
        Ok(Err(StatusCode::PAYLOAD_TOO_LARGE)) => {
            let most = MAX_UPLOAD >> 20;
            return bad(say!(lang, "文件超过 {most} MB，请用 gbaudit check 核对", "over {most} MB: use gbaudit check"));
        }
        Ok(Ok(None) | Err(_)) => return bad(unreadable()),
        Err(_) => return bad(say!(lang, "文件传得太慢，已放弃", "the file took too long to arrive")),
    };
    let of = run.clone();
    match site.ask(move |shelf| Ok(shelf.try_sheet(&of, &platform, &octets))).await {
        Ok(Ok(tried)) => page(StatusCode::OK, &Dry::new(&run, &name, tried, lang)),
        Ok(Err(why)) => bad(why),
        Err(told) => told,
    }
}

/// The platform, the name of the sheet, the sheet.
async fn fields(mut form: Multipart) -> Result<Option<(String, String, Vec<u8>)>, StatusCode> {
    let (mut platform, mut sheet) = (String::new(), None);
    while let Some(field) = form.next_field().await.map_err(|e| e.status())? {
        match field.name() {
            Some("platform") => platform = field.text().await.map_err(|e| e.status())?,
            Some("sheet") => {
                let name = field.file_name().unwrap_or_default().chars().take(MAX_NAME).collect();
                sheet = Some((name, Vec::from(field.bytes().await.map_err(|e| e.status())?)));
            }
            _ => (),
        }
    }
    Ok(sheet.filter(|(_, octets)| !octets.is_empty()).map(|(name, octets)| (platform, name, octets)))
}

async fn nothing(State(site): State<Arc<Site>>) -> Result<Response, Infallible> {
    Ok(site.absent())
}

/// What a browser kept of us.
fn kept(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|text| text.split(';')).find_map(|one| one.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn what_a_browser_kept_is_found_among_others() {
        let of = |text: &str| kept(&headers(&[("cookie", text)])).map(ToOwned::to_owned);
        assert_eq!(of("a=1; gbaudit_view=07ab; b=2"), Some("07ab".into()));
        assert_eq!(of("gbaudit_viewer=1; xgbaudit_view=2"), None);
    }

    #[test]
    fn forms_of_other_pages_are_refused() {
        let own = |list: &[(&'static str, &str)]| is_own(&headers(list));
        let host = ("host", "10.0.0.5:8080");
        assert!(own(&[host, ("origin", "http://10.0.0.5:8080")]) && own(&[host]));
        assert!(!own(&[host, ("origin", "http://evil.example")]) && !own(&[host, ("origin", "null")]));
        assert!(own(&[host, ("sec-fetch-site", "same-origin")]) && !own(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!own(&[("sec-fetch-site", "cross-site"), ("origin", "http://10.0.0.5:8080"), host]));
    }
}
