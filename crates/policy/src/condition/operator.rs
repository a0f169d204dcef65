//! Names of condition operators.

/// An operator as it is written: `ForAnyValue:StringLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) quantifier: Quantifier,
    pub(crate) test: Test,
    /// `…Not…`: the value must match none of the operands.
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

/// How many of the values of a multivalued key must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Plain,
    ForAllValues,
    ForAnyValue,
}

/// What is done with one value and one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    IpAddress,
    Arn,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn holds<T: Ord>(self, value: &T, operand: &T) -> bool {
        match self {
            Self::Equal => value == operand,
            Self::Less => value < operand,
            Self::LessOrEqual => value <= operand,
            Self::Greater => value > operand,
            Self::GreaterOrEqual => value >= operand,
        }
    }
}

impl Operator {
    /// Reads a name; `None` if there is no such operator.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Quantifier::ForAllValues, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::ForAnyValue, rest),
            Some(_) => return None,
            None => (Quantifier::Plain, name),
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (test, negated) = test(base)?;
        // `Null` asks whether the key exists; neither suffix nor prefix has a meaning with it.
        if test == Test::Null && (if_exists || quantifier != Quantifier::Plain) {
            return None;
        }
        Some(Self {
            quantifier,
            test,
            negated,
            if_exists,
        })
    }
}

fn test(name: &str) -> Option<(Test, bool)> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let (test, negated) = match name {
        "StringEquals" => (Test::StringEquals, false),
        "StringNotEquals" => (Test::StringEquals, true),
        "StringEqualsIgnoreCase" => (Test::StringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Test::StringEqualsIgnoreCase, true),
        "StringLike" => (Test::StringLike, false),
        "StringNotLike" => (Test::StringLike, true),
        "NumericEquals" => (Test::Numeric(Equal), false),
        "NumericNotEquals" => (Test::Numeric(Equal), true),
        "NumericLessThan" => (Test::Numeric(Less), false),
        "NumericLessThanEquals" => (Test::Numeric(LessOrEqual), false),
        "NumericGreaterThan" => (Test::Numeric(Greater), false),
        "NumericGreaterThanEquals" => (Test::Numeric(GreaterOrEqual), false),
        "DateEquals" => (Test::Date(Equal), false),
        "DateNotEquals" => (Test::Date(Equal), true),
        "DateLessThan" => (Test::Date(Less), false),
        "DateLessThanEquals" => (Test::Date(LessOrEqual), false),
        "DateGreaterThan" => (Test::Date(Greater), false),
        "DateGreaterThanEquals" => (Test::Date(GreaterOrEqual), false),
        "Bool" => (Test::Bool, false),
        "BinaryEquals" => (Test::Binary, false),
        "IpAddress" => (Test::IpAddress, false),
        "NotIpAddress" => (Test::IpAddress, true),
        // Equals and Like are one operator for ARNs.
        "ArnEquals" | "ArnLike" => (Test::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
        "Null" => (Test::Null, false),
        _ => return None,
    };
    Some((test, negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_operators_are_refused() {
        for name in [
            "",
            "StringEqual",
            "stringEquals",
            "StringEqualsIfExistsIfExists",
            "IfExists",
            "ForAllValues:",
            "ForAllvalues:StringEquals",
            "ForAnyValue:ForAllValues:StringEquals",
            "ForAnyValue: StringEquals",
            "NullIfExists",
            "ForAllValues:Null",
            "NotBool",
            "BoolNot",
            "ArnNotEqual",
            "NumericLike",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_has_three_layers() {
        let operator = Operator::parse("ForAnyValue:StringNotLikeIfExists").unwrap();
        let expected = Operator {
            quantifier: Quantifier::ForAnyValue,
            test: Test::StringLike,
            negated: true,
            if_exists: true,
        };
        assert_eq!(operator, expected);
    }
}
