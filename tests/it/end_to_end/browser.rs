//! Drives a headless Chromium over the DevTools protocol, as far as these tests need it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A browser with one page. Dropping it kills the browser.
pub(crate) struct Browser {
    _process: Process,
    page: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl Browser {
    /// Starts the browser with an empty profile in `profile` and connects to its first page.
    pub(crate) async fn start(profile: &Path) -> Self {
        // Not below target/: Chromium creates a socket here, whose path is limited to 108 bytes.
        let temporary = tempfile::tempdir().expect("a temporary directory for Chromium");
        let mut command = Command::new(program());
        command
            // Tests run as root in containers and CI, where Chromium's own sandbox cannot work.
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update"])
            // Tall enough that JupyterLab renders every cell.
            .args(["--window-size=1400,2200", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().expect("chromium starts");
        let process = Process { child, _temporary: temporary };
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let port_file = profile.join("DevToolsActivePort");
        let port = until("the debugging port of Chromium", async || {
            let text = fs_err::read_to_string(&port_file).ok()?;
            text.lines().next()?.parse::<u16>().ok()
        })
        .await;
        let address = until("a page of Chromium", async || {
            let address = format!("http://127.0.0.1:{port}/json/list");
            let list = client.get(address).send().await.ok()?;
            let pages: Vec<Value> = list.json().await.ok()?;
            let page = pages.iter().find(|page| page["type"] == "page")?;
            page["webSocketDebuggerUrl"].as_str().map(str::to_owned)
        })
        .await;
        let (page, _) = tokio_tungstenite::connect_async(address).await.expect("a connection");
        Self { _process: process, page, last_id: 0 }
    }

    /// Navigates to `url`. The page may still be loading afterwards.
    pub(crate) async fn open(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(answer["errorText"].is_null(), "{url}: {}", answer["errorText"]);
    }

    /// Evaluates a JavaScript expression in the page. Null while no page can answer.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let options =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        self.call("Runtime.evaluate", options).await["result"]["value"].take()
    }

    /// Waits until a JavaScript expression is truthy and returns its value.
    pub(crate) async fn wait_for(&mut self, what: &str, expression: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            let value = self.value(expression).await;
            if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            if Instant::now() > deadline {
                let text = self.value("document.body.innerText").await;
                self.screenshot("failed").await;
                panic!(
                    "timed out waiting for {what}; the text of the page:\n{}",
                    text.as_str().unwrap_or("")
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Clicks `count` times in the middle of the element that the expression `find` returns.
    pub(crate) async fn click(&mut self, what: &str, find: &str, count: u32) {
        let place = format!(
            "(() => {{ const e = {find}; if (!e) return null; const r = e.getBoundingClientRect();
               return r.width ? {{ x: r.x + r.width / 2, y: r.y + r.height / 2 }} : null; }})()"
        );
        let at = self.wait_for(what, &place).await;
        self.call(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseMoved", "x": at["x"], "y": at["y"] }),
        )
        .await;
        for click in 1..=count {
            for kind in ["mousePressed", "mouseReleased"] {
                let event = json!({ "type": kind, "x": at["x"], "y": at["y"], "button": "left", "clickCount": click });
                self.call("Input.dispatchMouseEvent", event).await;
            }
        }
    }

    /// Types into the element that has the focus.
    pub(crate) async fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses Enter.
    pub(crate) async fn enter(&mut self) {
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13 });
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Saves a screenshot of the page as `target/end-to-end/<name>.png`.
    pub(crate) async fn screenshot(&mut self, name: &str) {
        let answer = self.call("Page.captureScreenshot", json!({})).await;
        let Some(data) = answer["data"].as_str() else { return };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/end-to-end");
        fs_err::create_dir_all(&folder).expect("the folder for screenshots");
        let image = BASE64_STANDARD.decode(data).expect("the screenshot is base64");
        fs_err::write(folder.join(format!("{name}.png")), image).expect("the screenshot");
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({ "id": id, "method": method, "params": params }).to_string();
        self.page.send(Message::text(request)).await.expect("a request to the browser");
        let answer = async {
            while let Some(message) = self.page.next().await {
                let message = message.expect("a WebSocket message");
                let Ok(text) = message.to_text() else { continue };
                let mut value: Value = serde_json::from_str(text).unwrap_or_default();
                if value["id"] == id {
                    return value["result"].take();
                }
            }
            panic!("the browser closed the connection during {method}")
        };
        // A page that is being navigated away from may never answer. The caller polls again.
        tokio::time::timeout(Duration::from_secs(15), answer).await.unwrap_or_default()
    }
}

/// The Chromium process. Dropping it kills the process, even if no page was opened yet.
struct Process {
    child: Child,
    _temporary: tempfile::TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds Chromium on the PATH, under Debian's name or another one.
fn program() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.iter().find_map(|name| which::which(name).ok());
    found.expect("a Chromium on the PATH (Debian: apt-get install chromium)")
}

async fn until<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
