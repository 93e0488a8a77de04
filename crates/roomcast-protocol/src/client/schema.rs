//! How [`HistoryAt`] looks to TypeScript and JSON Schema, which the derives cannot see from its own serializer.

use super::HistoryAt;
use ts_rs::{Config, TS, TypeVisitor};

/// [`HistoryAt`] as it stands on the wire.
#[derive(schemars::JsonSchema, ts_rs::TS)]
#[ts(optional_fields)]
#[expect(dead_code, reason = "only the declarations made from it are used")]
pub(super) struct HistoryAtFields {
    /// The newest messages before this one; not together with `after` or `around`.
    before: Option<u64>,
    /// The oldest messages after this one; not together with `before` or `around`.
    after: Option<u64>,
    /// This message, and as many before it as after it; not together with `before` or `after`.
    around: Option<u64>,
}

impl TS for HistoryAt {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(config: &Config) -> String {
        HistoryAtFields::name(config)
    }

    fn inline(config: &Config) -> String {
        HistoryAtFields::inline(config)
    }

    fn inline_flattened(config: &Config) -> String {
        HistoryAtFields::inline_flattened(config)
    }

    fn visit_dependencies(visitor: &mut impl TypeVisitor) {
        HistoryAtFields::visit_dependencies(visitor);
    }
}
