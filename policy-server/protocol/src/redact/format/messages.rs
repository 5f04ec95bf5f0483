//! Formats of chat, mail, telephones and social networks.

use super::alphabet::{ALNUM, BASE58, DIGIT, HEX, HEXES, LOWER, NAME, PADDED, UPPER, URL64, WORD};
use super::look::Look;
use super::part::{Part::Is, Part::Run, of};
use super::{Before, Format, either, exact, run};

const SLACK: &str = "secret.slack";
const TWILIO: &str = "secret.twilio";
const FACEBOOK: &str = "secret.facebook";

pub(super) const TABLE: &[Format] = &[
    run(("slack-bot-token", SLACK), &["xoxb-"], URL64, 24, 120).look(Look::Digit),
    run(
        ("slack-user-token", SLACK),
        &["xoxp-", "xoxs-", "xoxo-"],
        URL64,
        24,
        120,
    )
    .look(Look::Digit),
    run(
        ("slack-workspace-token", SLACK),
        &["xoxa-", "xoxr-"],
        URL64,
        10,
        120,
    )
    .look(Look::Digit),
    run(
        ("slack-rotating-token", SLACK),
        &["xoxe.xoxb-", "xoxe.xoxp-"],
        URL64,
        60,
        260,
    ),
    run(("slack-refresh-token", SLACK), &["xoxe-"], URL64, 24, 260).look(Look::Digit),
    run(("slack-session-token", SLACK), &["xoxc-"], URL64, 24, 160).look(Look::Digit),
    run(
        ("slack-session-cookie", SLACK),
        &["xoxd-"],
        super::alphabet::VALUE,
        60,
        400,
    ),
    either(
        ("slack-app-token", SLACK),
        &["xapp-"],
        &[&[
            Run(DIGIT, 1, 2),
            Is("-"),
            Run(UPPER, 8, 14),
            Is("-"),
            Run(DIGIT, 10, 14),
            Is("-"),
            Run(LOWER, 32, 80),
        ]],
    ),
    either(
        ("slack-workflow-token", SLACK),
        &["xwfp-"],
        &[&[Run(URL64, 30, 120)]],
    )
    .look(Look::Digit),
    exact(
        ("twilio-api-key", TWILIO),
        &[
            "SK0", "SK1", "SK2", "SK3", "SK4", "SK5", "SK6", "SK7", "SK8", "SK9", "SKa", "SKb",
            "SKc", "SKd", "SKe", "SKf",
        ],
        HEX,
        31,
    ),
    either(
        ("sendgrid-key", "secret.sendgrid"),
        &["SG."],
        &[&[Run(URL64, 16, 32), Is("."), Run(URL64, 32, 64)]],
    ),
    exact(("mailgun-key", "secret.mailgun"), &["key-"], HEX, 32).before(Before::NoName),
    run(
        ("mailersend-token", "secret.mailersend"),
        &["mlsn."],
        ALNUM,
        30,
        100,
    ),
    either(
        ("brevo-key", "secret.brevo"),
        &["xkeysib-", "xsmtpsib-"],
        &[&[of(HEXES, 64), Is("-"), of(ALNUM, 16)]],
    ),
    either(
        ("resend-key", "secret.resend"),
        &["re_"],
        &[&[of(BASE58, 8), Is("_"), of(BASE58, 24)]],
    )
    .look(Look::Mixed),
    exact(("nylas-key", "secret.nylas"), &["nyk_"], ALNUM, 67),
    run(
        ("facebook-access-token", FACEBOOK),
        &["EAAC", "EAAM", "EAAG", "EAAB", "EAAD"],
        ALNUM,
        100,
        400,
    )
    .look(Look::Varied(24)),
    run(
        ("instagram-token", FACEBOOK),
        &["IGQV", "IGQW", "IGAA"],
        URL64,
        100,
        400,
    )
    .look(Look::Varied(24)),
    run(
        ("threads-token", FACEBOOK),
        &["THQV", "THAA"],
        URL64,
        100,
        400,
    )
    .look(Look::Varied(24)),
    run(
        ("linkedin-secret", "secret.linkedin"),
        &["WPL_AP1.", "WPL_AP0."],
        NAME,
        16,
        60,
    ),
    run(
        ("tiktok-token", "secret.tiktok"),
        &["act.", "rft."],
        ALNUM,
        60,
        100,
    )
    .look(Look::Mixed),
    run(
        ("pinterest-token", "secret.pinterest"),
        &["pina_"],
        URL64,
        40,
        200,
    )
    .look(Look::Mixed),
    run(("lichess-token", "secret.lichess"), &["lip_"], WORD, 16, 60).look(Look::Mixed),
    run(("telnyx-key", "secret.telnyx"), &["KEY0"], WORD, 40, 60).look(Look::Mixed),
    run(
        ("intercom-token", "secret.intercom"),
        &["dG9rO"],
        PADDED,
        50,
        60,
    )
    .look(Look::Mixed),
];
