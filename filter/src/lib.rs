//! The part of Portcullis that runs inside Envoy.
