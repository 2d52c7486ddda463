//! Other forms of the query: other orders and encodings, and parameters that were added on the way.

use std::borrow::Cow;

use crate::auth::diagnosis::cause::QueryForm;
use crate::auth::head::RequestHead;
use crate::auth::query::{Form, canonicalise, decode, decode_text, encode, pairs, signed_pairs};

/// Most queries tried.
const QUERIES_MAX: usize = 10;
/// Most parameters left out, one at a time: what is added on the way is added at the end.
const LEFT_OUT_MAX: usize = 3;

/// Every form other than `canonical`, without repetition.
pub(in crate::auth::diagnosis) fn queries(
    head: &RequestHead<'_>,
    presigned: bool,
    canonical: &str,
) -> Vec<(QueryForm, String)> {
    let mut found: Vec<(QueryForm, String)> = Vec::new();
    if head.query.is_empty() {
        return found;
    }
    let mut add = |form: QueryForm, candidate: String| {
        let known = candidate == canonical || found.iter().any(|(_, known)| *known == candidate);
        if !known && !candidate.contains('\n') && found.len() < QUERIES_MAX {
            found.push((form, candidate));
        }
    };
    let sent: Vec<(&str, Cow<'_, str>)> = signed_pairs(head, presigned).collect();
    let encoded = |text: &str| encode(&decode(text));
    let plain = |(name, value): &(&str, Cow<'_, str>)| (encoded(name), encoded(value));
    // Of the whole URL, an unsigned token may be the only parameter that was added.
    let optional = |name: &str| {
        let name = name.to_ascii_lowercase();
        !presigned || !name.starts_with("x-amz-") || name == "x-amz-security-token"
    };
    let left_out = sent.iter().rev().filter(|(name, _)| optional(name));
    for (name, _) in left_out.take(LEFT_OUT_MAX) {
        let rest = sent.iter().filter(|(other, _)| other != name).map(plain);
        add(QueryForm::Without(decode_text(name).into_owned()), sorted(rest));
    }
    let own = pairs(head.query).filter(|(name, _)| sent.iter().any(|(signed, _)| signed == name));
    add(
        QueryForm::HeaderAside,
        sorted(own.map(|(name, value)| (encoded(name), encoded(value)))),
    );
    add(QueryForm::AsSent, canonicalise(head, presigned, Form::AsSent));
    add(QueryForm::NotSorted, joined(sent.iter().map(plain).collect()));
    add(
        QueryForm::FlagsBare,
        sorted(sent.iter().map(plain))
            .split('&')
            .map(|pair| pair.strip_suffix('=').unwrap_or(pair))
            .collect::<Vec<_>>()
            .join("&"),
    );
    let with = |change: &dyn Fn(&str) -> Cow<'_, str>| {
        sorted(
            sent.iter()
                .map(|(name, value)| (change(name).into_owned(), change(value).into_owned())),
        )
    };
    add(
        QueryForm::PlusEncoded,
        with(&|text| encoded(&text.replace('+', "%2B")).into()),
    );
    add(
        QueryForm::SlashKept,
        with(&|text| encoded(text).replace("%2F", "/").into()),
    );
    add(
        QueryForm::EncodedTwice,
        with(&|text| encode(encoded(text).as_bytes()).into()),
    );
    if !presigned {
        add(QueryForm::NotSigned, String::new());
    }
    found
}

fn sorted(parameters: impl Iterator<Item = (String, String)>) -> String {
    let mut parameters: Vec<(String, String)> = parameters.collect();
    parameters.sort_unstable();
    joined(parameters)
}

fn joined(parameters: Vec<(String, String)>) -> String {
    let pairs: Vec<String> = parameters
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}
