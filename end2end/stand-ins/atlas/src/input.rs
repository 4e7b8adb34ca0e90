//! What a request says, with refusals in Atlas's shape.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::ApiError;
use crate::version::dated;

/// Path parameters, percent-decoded.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(ApiError))]
pub(crate) struct Segments<T>(pub(crate) T);

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::invalid_path()
    }
}

/// A JSON object. `application/json` and Atlas's own media type are accepted alike.
pub(crate) struct JsonBody(pub(crate) serde_json::Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let value = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let value = value.unwrap_or_default();
        if !value.starts_with("application/json") && dated(value).is_none() {
            return Err(ApiError::unsupported_media_type());
        }
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|_| ApiError::malformed_json())?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            _ => Err(ApiError::malformed_json()),
        }
    }
}

impl JsonBody {
    /// Reads the object as a type whose unknown fields are refused by name.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        serde_json::from_value(Value::Object(self.0)).map_err(|error| {
            let text = error.to_string();
            let named = |start: &str| {
                text.strip_prefix(start)?
                    .split('`')
                    .next()
                    .map(str::to_owned)
            };
            if let Some(name) = named("unknown field `") {
                ApiError::invalid_attribute(&name)
            } else if let Some(name) = named("missing field `") {
                ApiError::missing_attribute(&name)
            } else {
                ApiError::invalid_json_attribute(&text)
            }
        })
    }
}
