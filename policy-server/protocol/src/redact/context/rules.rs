//! The table of rules that know secrets by their surroundings.

use super::Contextual;

pub(in super::super) const PASSWORD: usize = 0;
pub(in super::super) const API_KEY: usize = 1;
pub(in super::super) const TOKEN: usize = 2;
pub(in super::super) const ACCESS_TOKEN: usize = 3;
pub(in super::super) const AUTHORIZATION: usize = 4;
pub(in super::super) const AUTH: usize = 5;
pub(in super::super) const COOKIE: usize = 6;
pub(in super::super) const CLIENT_SECRET: usize = 7;
pub(in super::super) const SECRET: usize = 8;
pub(in super::super) const PRIVATE_KEY: usize = 9;
pub(in super::super) const ENCRYPTION_KEY: usize = 10;
pub(in super::super) const AWS: usize = 11;
pub(in super::super) const ACCOUNT_KEY: usize = 12;
pub(in super::super) const CONNECTION: usize = 13;
pub(in super::super) const URL_PASSWORD: usize = 14;
pub(in super::super) const URL_TOKEN: usize = 15;
pub(in super::super) const CREDENTIAL: usize = 16;
pub(in super::super) const CODE: usize = 17;
pub(in super::super) const PHRASE: usize = 18;
pub(in super::super) const WEBHOOK_SECRET: usize = 19;

/// All of them; an index into this list names one.
pub(in super::super) const CONTEXTUAL: &[Contextual] = &[
    Contextual {
        id: "password",
        class: "secret.password",
    },
    Contextual {
        id: "api-key",
        class: "secret.api-key",
    },
    Contextual {
        id: "token",
        class: "secret.token",
    },
    Contextual {
        id: "access-token",
        class: "secret.token",
    },
    Contextual {
        id: "authorization",
        class: "secret.authorization",
    },
    Contextual {
        id: "auth",
        class: "secret.credential",
    },
    Contextual {
        id: "cookie",
        class: "secret.cookie",
    },
    Contextual {
        id: "client-secret",
        class: "secret.client-secret",
    },
    Contextual {
        id: "secret",
        class: "secret.value",
    },
    Contextual {
        id: "private-key-value",
        class: "secret.private-key",
    },
    Contextual {
        id: "encryption-key",
        class: "secret.encryption-key",
    },
    Contextual {
        id: "aws-secret-access-key",
        class: "secret.aws",
    },
    Contextual {
        id: "account-key",
        class: "secret.azure",
    },
    Contextual {
        id: "connection-string",
        class: "secret.connection-string",
    },
    Contextual {
        id: "url-password",
        class: "secret.url",
    },
    Contextual {
        id: "url-token",
        class: "secret.url",
    },
    Contextual {
        id: "credential",
        class: "secret.credential",
    },
    Contextual {
        id: "one-time-code",
        class: "secret.code",
    },
    Contextual {
        id: "seed-phrase",
        class: "secret.seed-phrase",
    },
    Contextual {
        id: "webhook-secret",
        class: "secret.webhook",
    },
];
