//! Which paths each service knows, and what it says to the others. Pure: a method and a path go
//! in, a route comes out; nothing is answered here but refusals.

use super::{Answer, cascor_request, dataset};
use crate::cli::Service;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v1/health`.
    Health,
    /// `/v1/health/live`.
    Live,
    /// `/v1/health/ready`.
    Ready,
    /// `POST /v1/training/start`.
    TrainingStart,
    /// `/v1/training/status`.
    TrainingStatus,
    /// The dashboard's page.
    Dashboard,
    /// The dashboard's list of layouts.
    Layouts,
    /// Anything else of the dataset service.
    Data(dataset::requested::Request),
    /// Anything else of the training service.
    Cascor(cascor_request::Request),
    /// Nothing of that: a redirect, 404 or 405.
    Refused(Answer),
}

/// The route of a request. `authority` is the request's Host header: Starlette redirects to a
/// full URL when it has one.
pub(crate) fn route(service: Service, method: &str, path: &str, authority: Option<&str>) -> Route {
    let mut routes = known(service, path);
    if let Some(place) = routes.iter().position(|(allowed, _)| *allowed == method) {
        return routes.swap_remove(place).1;
    }
    if !routes.is_empty() {
        let allowed: Vec<&str> = routes.iter().map(|(allowed, _)| *allowed).collect();
        return Route::Refused(not_allowed(service, &allowed.join(", ")));
    }
    match redirected(service, path) {
        Some(target) => {
            let base = authority.map(|authority| format!("http://{authority}"));
            let location = format!("{}{target}", base.unwrap_or_default());
            Route::Refused(Answer::redirect(location))
        }
        None => Route::Refused(not_found(service)),
    }
}

/// The methods that a path takes, each with what it asks for.
fn known(service: Service, path: &str) -> Vec<(&'static str, Route)> {
    match (service, path) {
        (_, "/v1/health") => vec![("GET", Route::Health)],
        (_, "/v1/health/live") => vec![("GET", Route::Live)],
        (_, "/v1/health/ready") => vec![("GET", Route::Ready)],
        (Service::Cascor, "/v1/training/start") => vec![("POST", Route::TrainingStart)],
        (Service::Cascor, "/v1/training/status") => vec![("GET", Route::TrainingStatus)],
        (Service::Canopy, "/dashboard/") => vec![("GET", Route::Dashboard)],
        (Service::Canopy, "/api/v1/metrics/layouts") => vec![("GET", Route::Layouts)],
        (Service::Data, path) => dataset::requested::requests(path)
            .into_iter()
            .map(|(method, request)| (method, Route::Data(request)))
            .collect(),
        (Service::Cascor, path) => cascor_request::requests(path)
            .into_iter()
            .map(|(method, request)| (method, Route::Cascor(request)))
            .collect(),
        _ => Vec::new(),
    }
}

fn redirected(service: Service, path: &str) -> Option<String> {
    match (service, path) {
        // The worker's small server knows exact paths only.
        (Service::Worker, _) => None,
        (Service::Canopy, "/" | "/dashboard") => Some("/dashboard/".to_owned()),
        _ => {
            let without = path.strip_suffix('/')?;
            (!known(service, without).is_empty()).then(|| without.to_owned())
        }
    }
}

fn not_allowed(service: Service, allowed: &str) -> Answer {
    match service {
        Service::Worker => super::worker::plain(405, "method not allowed"),
        _ => Answer::detail(405, "Method Not Allowed").with(("allow", allowed)),
    }
}

fn not_found(service: Service) -> Answer {
    match service {
        Service::Worker => super::worker::plain(404, "not found"),
        _ => Answer::detail(404, "Not Found"),
    }
}

/// The reason phrase of the statuses that a health path gives.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(service: Service, method: &str, path: &str) -> Answer {
        match route(service, method, path, Some("127.0.0.1:1")) {
            Route::Refused(answer) => answer,
            other => panic!("{method} {path} is {other:?}"),
        }
    }

    #[test]
    fn a_head_request_is_refused_with_the_method_that_is_allowed() {
        let answer = refusal(Service::Data, "HEAD", "/v1/health/ready");
        assert_eq!((answer.status, answer.body.len()), (405, 31));
        assert!(answer.headers.contains(&("allow".into(), "GET".to_owned())));
        let answer = refusal(Service::Cascor, "GET", "/v1/training/start");
        assert!(
            answer
                .headers
                .contains(&("allow".into(), "POST".to_owned()))
        );
        assert_eq!(
            refusal(Service::Worker, "HEAD", "/v1/health").text(),
            "method not allowed"
        );
    }

    #[test]
    fn a_trailing_slash_redirects_except_on_the_worker() {
        let answer = refusal(Service::Canopy, "GET", "/v1/health/");
        assert_eq!(answer.status, 307);
        let location = ("location".into(), "http://127.0.0.1:1/v1/health".to_owned());
        assert!(answer.headers.contains(&location));
        assert!(
            answer
                .headers
                .iter()
                .all(|(name, _)| *name != "content-type")
        );
        let answer = refusal(Service::Worker, "GET", "/v1/health/");
        assert_eq!((answer.status, answer.text()), (404, "not found"));
    }

    #[test]
    fn what_a_service_does_not_have_is_not_found() {
        assert_eq!(refusal(Service::Data, "GET", "/dashboard/").status, 404);
        assert_eq!(
            refusal(Service::Data, "POST", "/v1/training/start").text(),
            "{\"detail\":\"Not Found\"}"
        );
        assert_eq!(refusal(Service::Data, "GET", "/x/").status, 404);
        assert_eq!(
            route(Service::Canopy, "GET", "/dashboard/", None),
            Route::Dashboard
        );
        assert_eq!(
            route(Service::Cascor, "POST", "/v1/training/start", None),
            Route::TrainingStart
        );
    }
}
