//! Evidence that is missing in the log, or not whole in it: counted, and put into words for operators.

use portcullis_core::audit::Extent;
use portcullis_protocol::wire::Gap;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
    left_out: &'static str,
}

/// What was lost or shortened since the server started.
#[derive(Debug, Default)]
pub struct Evidence {
    lost: Counter,
    turned_away: Counter,
    shortened: Family<KindLabels, Counter>,
}

impl Evidence {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "reports_lost",
            "Reports that filters dropped, so that the log lacks them",
            self.lost.clone(),
        );
        registry.register(
            "refusals_unreported",
            "Messages that filters refused without a report, because their caller had too many waiting",
            self.turned_away.clone(),
        );
        registry.register(
            "audit_records_shortened",
            "Records that are in the log without their texts, by kind and by what is left out",
            self.shortened.clone(),
        );
    }

    /// One record was sealed.
    pub fn sealed(&self, kind: &'static str, extent: Extent) {
        let left_out = match extent {
            Extent::Whole => return,
            Extent::Placeless => "places",
            Extent::Stub => "texts",
        };
        self.shortened
            .get_or_create(&KindLabels { kind, left_out })
            .inc();
    }

    /// A filter reported a gap.
    pub fn missing(&self, gap: Gap) {
        self.lost.inc_by(gap.lost);
        self.turned_away.inc_by(gap.turned_away);
    }

    /// What the log lacks since the server started, in words.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match self.lost.get() {
            0 => None,
            lost => Some(format!(
                "{lost} reports of filters were lost since the start; the log has `gap` records where"
            )),
        }
    }
}
