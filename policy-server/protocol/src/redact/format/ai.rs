//! Formats of models and of what is built around them.

use super::alphabet::{ALNUM, BASE32, HEX, LOWER, PADDED, URL64, WORD};
use super::look::Look;
use super::part::{Part::Is, Part::Uuid, of};
use super::{Before, Format, either, exact, run};

const OPENAI: &str = "secret.openai";

pub(super) const TABLE: &[Format] = &[
    run(
        ("openai-project-key", OPENAI),
        &["sk-proj-"],
        URL64,
        40,
        200,
    )
    .look(Look::Mixed),
    run(
        ("openai-service-key", OPENAI),
        &["sk-svcacct-", "sk-service-"],
        URL64,
        40,
        200,
    )
    .look(Look::Mixed),
    run(("openai-admin-key", OPENAI), &["sk-admin-"], URL64, 40, 200).look(Look::Mixed),
    run(("openai-named-key", OPENAI), &["sk-"], URL64, 40, 120)
        .before(Before::NoName)
        .look(Look::Holds("T3BlbkFJ")),
    exact(("openai-key", OPENAI), &["sk-"], ALNUM, 48)
        .before(Before::NoName)
        .look(Look::Mixed),
    exact(("openai-session", OPENAI), &["sess-"], ALNUM, 40).look(Look::Mixed),
    run(
        ("anthropic-key", "secret.anthropic"),
        &["sk-ant-"],
        URL64,
        40,
        200,
    )
    .look(Look::Mixed),
    exact(("deepseek-key", "secret.deepseek"), &["sk-"], HEX, 32).before(Before::NoName),
    exact(("moonshot-key", "secret.moonshot"), &["sk-"], URL64, 48)
        .before(Before::NoName)
        .look(Look::Digit),
    exact(("minimax-key", "secret.minimax"), &["sk-api-"], URL64, 119),
    exact(
        ("kimi-code-key", "secret.moonshot"),
        &["sk-kimi-"],
        ALNUM,
        64,
    ),
    exact(
        ("openrouter-key", "secret.openrouter"),
        &["sk-or-v1-"],
        HEX,
        64,
    ),
    either(("langfuse-key", "secret.langfuse"), &["sk-lf-"], &[&[Uuid]]),
    either(
        ("langsmith-key", "secret.langsmith"),
        &["lsv2_pt_", "lsv2_sk_"],
        &[&[of(HEX, 32), Is("_"), of(HEX, 10)]],
    ),
    either(
        ("langchain-key", "secret.langsmith"),
        &["ls__"],
        &[&[of(HEX, 32)]],
    ),
    run(
        ("huggingface-token", "secret.huggingface"),
        &["hf_"],
        ALNUM,
        34,
        40,
    )
    .look(Look::Mixed),
    run(
        ("huggingface-organization-token", "secret.huggingface"),
        &["api_org_"],
        ALNUM,
        34,
        40,
    )
    .look(Look::Mixed),
    run(
        ("replicate-token", "secret.replicate"),
        &["r8_"],
        ALNUM,
        37,
        40,
    )
    .look(Look::Mixed),
    exact(("groq-key", "secret.groq"), &["gsk_"], ALNUM, 52),
    run(("xai-key", "secret.xai"), &["xai-"], URL64, 70, 120).look(Look::Mixed),
    run(
        ("perplexity-key", "secret.perplexity"),
        &["pplx-"],
        ALNUM,
        48,
        64,
    )
    .look(Look::Mixed),
    exact(("cerebras-key", "secret.cerebras"), &["csk-"], LOWER, 48).look(Look::Mixed),
    run(("nvidia-key", "secret.nvidia"), &["nvapi-"], URL64, 60, 70).look(Look::Mixed),
    exact(("together-key", "secret.together"), &["tgp_v1_"], URL64, 43),
    exact(("fireworks-key", "secret.fireworks"), &["fw_"], ALNUM, 24).look(Look::Mixed),
    run(
        ("voyage-key", "secret.voyage"),
        &["pa-", "al-"],
        URL64,
        43,
        43,
    )
    .before(Before::NoName)
    .look(Look::Digit),
    run(("jina-key", "secret.jina"), &["jina_"], URL64, 60, 65).look(Look::Mixed),
    run(("tavily-key", "secret.tavily"), &["tvly-"], URL64, 32, 60).look(Look::Mixed),
    exact(("firecrawl-key", "secret.firecrawl"), &["fc-"], HEX, 32).before(Before::NoName),
    run(("brave-key", "secret.brave"), &["BSA"], URL64, 24, 40).look(Look::Digit),
    run(
        ("llama-cloud-key", "secret.llama-cloud"),
        &["llx-"],
        ALNUM,
        44,
        52,
    )
    .look(Look::Mixed),
    run(
        ("cartesia-key", "secret.cartesia"),
        &["sk_car_"],
        WORD,
        20,
        40,
    )
    .look(Look::Mixed),
    exact(("elevenlabs-key", "secret.elevenlabs"), &["sk_"], HEX, 48),
    run(("wandb-key", "secret.wandb"), &["wandb_v1_"], WORD, 70, 90),
    exact(("cursor-key", "secret.cursor"), &["key_"], HEX, 64),
    run(("mem0-key", "secret.mem0"), &["m0-"], ALNUM, 36, 44)
        .before(Before::NoName)
        .look(Look::Mixed),
    run(
        ("apify-token", "secret.apify"),
        &["apify_api_"],
        ALNUM,
        34,
        40,
    ),
    either(
        ("e2b-key", "secret.e2b"),
        &["e2b_", "sk_e2b_"],
        &[&[of(HEX, 40)]],
    ),
    run(
        ("browserbase-key", "secret.browserbase"),
        &["bb_live_"],
        URL64,
        20,
        60,
    )
    .look(Look::Mixed),
    either(
        ("labelbox-key", "secret.labelbox"),
        &["lbx_", "rma_"],
        &[&[of(URL64, 43)]],
    )
    .look(Look::Mixed),
    run(
        ("devin-key", "secret.devin"),
        &["apk_user_"],
        PADDED,
        120,
        184,
    ),
    run(
        ("devin-service-key", "secret.devin"),
        &["apk_"],
        PADDED,
        80,
        104,
    )
    .look(Look::Mixed),
    exact(
        ("devin-service-user-token", "secret.devin"),
        &["cog_"],
        BASE32,
        52,
    ),
    run(
        ("gradient-token", "secret.digitalocean"),
        &["sk-do-"],
        URL64,
        60,
        80,
    )
    .look(Look::Mixed),
    run(
        ("anyscale-key", "secret.anyscale"),
        &["esecret_"],
        ALNUM,
        26,
        40,
    )
    .look(Look::Mixed),
    exact(("retell-key", "secret.retell"), &["key_"], HEX, 28),
];
