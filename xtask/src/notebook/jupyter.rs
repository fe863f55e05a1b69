//! A client for Jupyter's HTTP API, through the public endpoint only.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use spcs_apply::error::Kind;
use spcs_apply::secret::Secret;
use url::Url;

use super::{Kernel, Notebook};
use crate::failure::Failure;

/// A Jupyter server behind an ingress.
pub(crate) struct Jupyter {
    client: Client,
    url: Url,
    /// Jupyter's XSRF token; the first page sets it as a cookie.
    xsrf: Option<String>,
}

impl Jupyter {
    /// Opens the server as the user who owns the ingress token.
    pub(crate) async fn open(url: &str, token: &Secret) -> Result<Jupyter> {
        let url = Url::parse(url).context("reading the endpoint's URL")?;
        let mut authorization =
            HeaderValue::try_from(format!("Snowflake Token=\"{}\"", token.expose()))
                .context("the token does not fit in a header")?;
        authorization.set_sensitive(true);
        let mut builder = Client::builder()
            .http1_only()
            .connect_timeout(Duration::from_secs(15))
            // A redirect leads to a login page, which must not be mistaken for an answer.
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]));
        if let Some(host) = url.host_str().filter(|host| host.ends_with(".localhost")) {
            // Browsers resolve `*.localhost` to the loopback address; system resolvers may not.
            builder = builder.no_proxy().resolve(host, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        let mut jupyter = Jupyter { client: builder.build()?, url, xsrf: None };
        let page = jupyter.send(jupyter.request(Method::GET, "lab")?, "opening Jupyter").await?;
        jupyter.xsrf = page
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().ok()?.strip_prefix("_xsrf="))
            .map(|rest| rest.split(';').next().unwrap_or(rest).to_owned())
            .next();
        Ok(jupyter)
    }

    pub(crate) async fn notebook(&self, path: &str) -> Result<Notebook> {
        let doing = format!("reading {path} from Jupyter");
        let request = self.request(Method::GET, &format!("api/contents/{path}?type=notebook"))?;
        let answer = self.send(request, &doing).await?.json::<Value>().await;
        let answer = answer.context(Failure::new(Kind::Verify, doing))?;
        Notebook::new(answer["content"].clone())
    }

    /// Starts a kernel in the notebook's folder and connects to it.
    pub(crate) async fn start_kernel(&self, path: &str) -> Result<Kernel> {
        let doing = "starting a kernel";
        let body = json!({"name": "python3", "path": path});
        let request = self.request(Method::POST, "api/kernels")?.json(&body);
        let answer = self.send(request, doing).await?.json::<Value>().await;
        let answer = answer.context(Failure::new(Kind::Verify, doing))?;
        let no_id = Failure::new(Kind::Verify, "Jupyter's answer has no kernel id");
        let id = answer["id"].as_str().context(no_id)?.to_owned();
        let session = uuid::Uuid::new_v4().to_string();
        let path = format!("api/kernels/{id}/channels?session_id={session}");
        Kernel::connect(self.request(Method::GET, &path)?, id, session).await
    }

    /// Shuts a kernel down.
    pub(crate) async fn stop_kernel(&self, id: &str) -> Result<()> {
        let request = self.request(Method::DELETE, &format!("api/kernels/{id}"))?;
        self.send(request, "stopping the kernel").await?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let request = self.client.request(method, self.url.join(path)?);
        Ok(match &self.xsrf {
            Some(xsrf) => {
                request.header(COOKIE, format!("_xsrf={xsrf}")).header("X-XSRFToken", xsrf)
            }
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder, doing: &str) -> Result<Response> {
        let host = self.url.host_str().unwrap_or_default();
        let answer = request.send().await.map_err(|error| {
            let error = anyhow::Error::new(error.without_url());
            error.context(Failure::new(Kind::Connection, format!("{doing} at `{host}`")))
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let refused = |kind, why: &str| Failure::new(kind, format!("{doing}: {why} ({status})"));
        Err(match status {
            StatusCode::FORBIDDEN => refused(Kind::Connection, "the user may not use the endpoint")
                .hint("`cargo xtask grants` grants the service's role"),
            status if status == StatusCode::UNAUTHORIZED || status.is_redirection() => {
                refused(Kind::Connection, "the ingress requires a login").hint(
                    "`cargo xtask sql password` gives the user the password that is kept here",
                )
            }
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                refused(Kind::Verify, "no instance of the service is ready")
                    .hint("see `cargo xtask status` and `cargo xtask logs jupyter`")
            }
            _ => refused(Kind::Verify, "Jupyter refused it").hint("see `cargo xtask logs jupyter`"),
        }
        .into())
    }
}
