//! Formats of payment, shops and coins.

use super::alphabet::{ALNUM, ANY64, BASE58, BECH32, HEX, HEXES, LOWER, NAME, PADDED, URL64};
use super::look::Look;
use super::part::{Part::Is, Part::Run, Part::Uuid, of};
use super::{Before, Format, either, exact, run};

const STRIPE: &str = "secret.stripe";
const SHOPIFY: &str = "secret.shopify";
const SQUARE: &str = "secret.square";
const PLAID: &str = "secret.plaid";

pub(super) const TABLE: &[Format] = &[
    run(
        ("stripe-key", STRIPE),
        &["sk_live_", "sk_test_", "sk_prod_"],
        ALNUM,
        16,
        247,
    )
    .look(Look::Mixed),
    run(
        ("stripe-restricted-key", STRIPE),
        &["rk_live_", "rk_test_", "rk_prod_"],
        ALNUM,
        16,
        247,
    )
    .look(Look::Mixed),
    run(
        ("stripe-webhook-secret", STRIPE),
        &["whsec_"],
        PADDED,
        24,
        128,
    )
    .look(Look::Mixed),
    run(
        ("stripe-organization-key", STRIPE),
        &["sk_org_live_", "sk_org_test_"],
        ALNUM,
        16,
        247,
    )
    .look(Look::Mixed),
    exact(("shopify-access-token", SHOPIFY), &["shpat_"], HEXES, 32),
    exact(
        ("shopify-custom-app-token", SHOPIFY),
        &["shpca_"],
        HEXES,
        32,
    ),
    exact(
        ("shopify-private-app-token", SHOPIFY),
        &["shppa_"],
        HEXES,
        32,
    ),
    exact(("shopify-shared-secret", SHOPIFY), &["shpss_"], HEXES, 32),
    exact(("shopify-user-token", SHOPIFY), &["shpua_"], HEXES, 32),
    exact(("shopify-partner-token", SHOPIFY), &["prtapi_"], HEXES, 32),
    run(("square-token", SQUARE), &["EAAA"], URL64, 55, 61).look(Look::Varied(24)),
    run(
        ("square-personal-token", SQUARE),
        &["sq0atp-"],
        URL64,
        22,
        60,
    ),
    run(
        ("square-client-secret", SQUARE),
        &["sq0csp-"],
        URL64,
        43,
        60,
    ),
    either(
        ("paypal-access-token", "secret.paypal"),
        &["access_token$production$", "access_token$sandbox$"],
        &[&[of(LOWER, 16), Is("$"), of(HEX, 32)]],
    ),
    run(
        ("paypal-bearer-token", "secret.paypal"),
        &["A21AA"],
        URL64,
        80,
        110,
    )
    .look(Look::Mixed),
    either(
        ("plaid-access-token", PLAID),
        &[
            "access-sandbox-",
            "access-development-",
            "access-production-",
        ],
        &[&[Uuid]],
    ),
    either(
        ("plaid-public-token", PLAID),
        &[
            "public-sandbox-",
            "public-development-",
            "public-production-",
        ],
        &[&[Uuid]],
    ),
    either(
        ("checkout-key", "secret.checkout"),
        &["sk_", "sk_test_"],
        &[&[Uuid]],
    ),
    exact(
        ("checkout-secret", "secret.checkout"),
        &["sk_sbox_", "sk_prod_"],
        LOWER,
        27,
    ),
    exact(
        ("razorpay-key", "secret.razorpay"),
        &["rzp_live_", "rzp_test_"],
        ALNUM,
        14,
    ),
    run(
        ("flutterwave-key", "secret.flutterwave"),
        &["FLWSECK_TEST-", "FLWSECK-"],
        ALNUM,
        12,
        40,
    )
    .look(Look::Digit),
    exact(
        ("paystack-key", "secret.paystack"),
        &["sk_live_", "sk_test_"],
        HEX,
        40,
    ),
    exact(
        ("easypost-key", "secret.easypost"),
        &["EZAK", "EZTK"],
        ALNUM,
        54,
    ),
    exact(
        ("duffel-token", "secret.duffel"),
        &["duffel_test_", "duffel_live_"],
        URL64,
        43,
    ),
    exact(
        ("shippo-token", "secret.shippo"),
        &["shippo_live_", "shippo_test_"],
        HEXES,
        40,
    ),
    exact(("lob-key", "secret.lob"), &["live_", "test_"], HEX, 35),
    exact(
        ("gocardless-token", "secret.gocardless"),
        &["live_", "sandbox_"],
        URL64,
        40,
    )
    .before(Before::NoName)
    .look(Look::Digit),
    run(("adyen-key", "secret.adyen"), &["AQE"], ANY64, 80, 400).look(Look::Holds("-")),
    either(
        ("paddle-key", "secret.paddle"),
        &["pdl_live_apikey_", "pdl_sdbx_apikey_"],
        &[&[of(LOWER, 26), Is("_"), of(ALNUM, 22), Is("_"), of(ALNUM, 3)]],
    ),
    run(
        ("polar-token", "secret.polar"),
        &["polar_at_", "polar_oat_", "polar_pat_"],
        URL64,
        20,
        100,
    ),
    run(
        ("ramp-secret", "secret.ramp"),
        &["ramp_sec_"],
        ALNUM,
        48,
        48,
    ),
    run(
        ("xendit-key", "secret.xendit"),
        &["xnd_production_", "xnd_development_"],
        ALNUM,
        56,
        72,
    ),
    run(
        ("asaas-token", "secret.asaas"),
        &["$aact_prod_", "$aact_hmlg_", "$aact_"],
        PADDED,
        20,
        250,
    )
    .look(Look::Mixed),
    either(
        ("mercury-token", "secret.mercury"),
        &["mercury_production_"],
        &[&[
            Run(LOWER, 3, 6),
            Is("_"),
            Run(ALNUM, 40, 50),
            Is("_yrucrem"),
        ]],
    ),
    run(
        ("midtrans-key", "secret.midtrans"),
        &["Mid-server-", "SB-Mid-server-"],
        URL64,
        10,
        40,
    )
    .look(Look::Mixed),
    run(
        ("mollie-key", "secret.mollie"),
        &["live_", "test_"],
        ALNUM,
        30,
        30,
    )
    .before(Before::NoName)
    .look(Look::Digit),
    exact(
        ("woocommerce-secret", "secret.woocommerce"),
        &["cs_", "ck_"],
        HEX,
        40,
    ),
    run(
        ("amazon-pay-token", "secret.amazon"),
        &["Atza|", "Atzr|"],
        ANY64,
        80,
        2_048,
    ),
    run(
        ("amazon-client-secret", "secret.amazon"),
        &["amzn1.oa2-cs.v1."],
        HEX,
        64,
        64,
    ),
    run(
        ("amazon-mws-token", "secret.amazon"),
        &["amzn.mws."],
        NAME,
        36,
        36,
    ),
    exact(
        ("wallet-extended-key", "secret.wallet"),
        &["xprv", "yprv", "zprv", "tprv"],
        BASE58,
        107,
    ),
    exact(("nostr-key", "secret.nostr"), &["nsec1"], BECH32, 58),
    run(
        ("cardano-key", "secret.wallet"),
        &["ed25519_sk1", "xprv1", "root_xsk1"],
        BECH32,
        58,
        170,
    ),
    run(
        ("proof-key", "secret.proof"),
        &["prf_cli_", "prf_"],
        URL64,
        40,
        80,
    )
    .look(Look::Mixed),
    run(
        ("persona-key", "secret.persona"),
        &["persona_production_", "persona_sandbox_"],
        URL64,
        20,
        80,
    ),
    run(
        ("onfido-token", "secret.onfido"),
        &["api_live.", "api_live_us.", "api_live_ca."],
        URL64,
        20,
        80,
    ),
];
