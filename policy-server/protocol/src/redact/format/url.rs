//! Formats of URLs whose path or parameters are the secret.

use super::alphabet::{ALNUM, DIGIT, HEX, PATH, URL64, VALUE};
use super::look::Look;
use super::part::{Part::Is, Part::Run};
use super::{Format, either, exact, run};

const AWS: &str = "secret.aws";

pub(super) const TABLE: &[Format] = &[
    run(
        ("slack-webhook", "secret.slack"),
        &[
            "hooks.slack.com/services/",
            "hooks.slack.com/workflows/",
            "hooks.slack.com/triggers/",
            "hooks.slack-gov.com/services/",
        ],
        PATH,
        36,
        80,
    )
    .behind()
    .look(Look::Digit),
    either(
        ("discord-webhook", "secret.discord"),
        &[
            "discord.com/api/webhooks/",
            "discordapp.com/api/webhooks/",
            "discord.com/api/v10/webhooks/",
        ],
        &[&[Run(DIGIT, 17, 20), Is("/"), Run(URL64, 60, 80)]],
    )
    .behind(),
    run(
        ("teams-webhook", "secret.teams"),
        &["webhook.office.com/webhookb2/"],
        TEAMS,
        100,
        300,
    )
    .behind(),
    either(
        ("zapier-webhook", "secret.zapier"),
        &["hooks.zapier.com/hooks/catch/"],
        &[&[Run(DIGIT, 4, 12), Is("/"), Run(ALNUM, 6, 32)]],
    )
    .behind(),
    run(
        ("make-webhook", "secret.make"),
        &[
            "hook.eu1.make.com/",
            "hook.eu2.make.com/",
            "hook.us1.make.com/",
            "hook.us2.make.com/",
            "hook.integromat.com/",
        ],
        ALNUM,
        32,
        32,
    )
    .behind(),
    run(
        ("ifttt-webhook", "secret.ifttt"),
        &["/with/key/", "maker.ifttt.com/use/"],
        URL64,
        20,
        64,
    )
    .behind()
    .look(Look::Mixed),
    exact(
        ("aws-presigned-signature", AWS),
        &["X-Amz-Signature=", "X-Amz-Signature%3D"],
        HEX,
        64,
    )
    .behind(),
    run(
        ("aws-presigned-token", AWS),
        &["X-Amz-Security-Token="],
        VALUE,
        40,
        4_000,
    )
    .behind(),
    run(
        ("gcp-signed-url", "secret.gcp"),
        &["X-Goog-Signature=", "X-Goog-Signature%3D"],
        HEX,
        64,
        1_024,
    )
    .behind(),
    either(
        ("azure-sas-signature", "secret.azure"),
        &["?sig=", "&sig=", "amp;sig=", "u0026sig="],
        &[&[Run(VALUE, 43, 90)]],
    )
    .behind()
    .look(Look::Mixed),
    run(
        ("signed-url", AWS),
        &["&Signature=", "?Signature=", "amp;Signature="],
        VALUE,
        26,
        700,
    )
    .behind()
    .look(Look::Mixed),
];

/// What the path of a Teams webhook is made of.
const TEAMS: super::Alphabet = URL64.and(b'@').and(b'/');
