//! Explanations as people read them: a label and what it says, a line each.

use std::fmt::{self, Write as _};

use cairn_access::{AclReport, AclSays};

use super::report::{AccessExplanation, BlockReport, BucketReport, CallerReport};

/// Lines below labels.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, label: &str, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{label:<12}{}", clean(text));
    }

    /// Several under one label.
    fn list(&mut self, label: &str, texts: &[String]) {
        for (at, text) in texts.iter().enumerate() {
            self.line(if at == 0 { label } else { "" }, text);
        }
    }
}

/// What a client chose goes to a terminal: no control characters.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

impl fmt::Display for AccessExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines::default();
        let asked = &self.policies.asked;
        caller(&mut lines, &self.caller);
        lines.line("Asks", &format!("{} on {}", asked.action, asked.resource));
        if let Some(report) = &self.bucket {
            bucket(&mut lines, report, self.public_policy);
        }
        if let Some(report) = &self.acl {
            acl(&mut lines, report);
        }
        context(&mut lines, self);
        lines.line("Verdict", &verdict(self.allowed, &self.text));
        lines.list("Note", &self.notes);
        lines.list("Do", &self.advice);
        let statements = self.policies.statements_text();
        if statements.is_empty() {
            lines.line("Policies", "none has a say");
        } else {
            lines.line("Policies", "+ is what matches, - what does not");
        }
        f.write_str(&lines.0)?;
        for line in statements.lines() {
            writeln!(f, "{}", clean(line))?;
        }
        Ok(())
    }
}

/// The sentence behind the word that it comes down to.
fn verdict(allowed: bool, text: &str) -> String {
    let word = if allowed { "ALLOWED" } else { "DENIED" };
    let said = ["denied: ", "denied ", "allowed "]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .unwrap_or(text);
    if said.starts_with("by ") || said.starts_with("because ") {
        format!("{word} {said}")
    } else {
        format!("{word}: {said}")
    }
}

fn caller(lines: &mut Lines, caller: &CallerReport) {
    lines.line("Who", &caller.arn);
    let text = match caller.kind {
        "Anonymous" => return,
        "Account" => "the root user: no policy of its own has a say".to_owned(),
        _ => {
            let mut text = match caller.policies.len() {
                0 => "no identity policy".to_owned(),
                1 => "1 identity policy".to_owned(),
                count => format!("{count} identity policies"),
            };
            if let Some(boundary) = &caller.boundary {
                text.push_str(&format!("; permissions boundary {boundary}"));
            }
            match caller.session_policies {
                None => {}
                Some(0) => text.push_str("; a session without policies, which grants nothing by itself"),
                Some(1) => text.push_str("; 1 session policy"),
                Some(count) => text.push_str(&format!("; {count} session policies")),
            }
            text
        }
    };
    lines.line("", &text);
}

fn bucket(lines: &mut Lines, bucket: &BucketReport, public: bool) {
    let Some(owner) = &bucket.owner else {
        lines.line("Bucket", &format!("{}: there is none of that name", bucket.name));
        return;
    };
    let policy = match (bucket.has_policy, public) {
        (false, _) => "no policy",
        (true, false) => "a policy, which is not public",
        (true, true) => "a policy, which is public",
    };
    let ownership = bucket.ownership.unwrap_or_default();
    lines.line(
        "Bucket",
        &format!("{} of the account {owner}; {ownership}; {policy}", bucket.name),
    );
    lines.line(
        "",
        &format!(
            "Block Public Access: of the bucket {}, of the account {}",
            block(bucket.block.as_ref()),
            block(bucket.account_block.as_ref())
        ),
    );
}

fn block(block: Option<&BlockReport>) -> String {
    let Some(block) = block else {
        return "none".to_owned();
    };
    let flags = [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ];
    let on: Vec<&str> = flags
        .iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| *name)
        .collect();
    match on.len() {
        0 => "all off".to_owned(),
        4 => "all on".to_owned(),
        _ => on.join(" and "),
    }
}

fn acl(lines: &mut Lines, acl: &AclReport) {
    let text = match &acl.says {
        AclSays::Nothing => return,
        AclSays::Grants { to, permission } => format!("grants {permission} to {to}"),
        AclSays::Ignored { to, permission } => {
            format!("would grant {permission} to {to}, but IgnorePublicAcls is on")
        }
        AclSays::DoesNotGrant => "does not grant it".to_owned(),
    };
    lines.line("ACL", &format!("of the {}: {text}", acl.of));
}

fn context(lines: &mut Lines, found: &AccessExplanation) {
    let keys: Vec<String> = found
        .policies
        .asked
        .context
        .iter()
        .enumerate()
        // Of two values of one name the last counts.
        .filter(|(at, (name, _))| {
            let later = found.policies.asked.context.iter().skip(at + 1);
            !later.clone().any(|(other, _)| other.eq_ignore_ascii_case(name))
        })
        .map(|(_, (name, values))| format!("{name} = {}", values.join(", ")))
        .collect();
    lines.list("With", &keys);
    let absent: Vec<String> = found
        .not_given
        .iter()
        .map(|key| format!("{key}, which a statement asks for: --context {key}=VALUE"))
        .collect();
    lines.list("Not given", &absent);
}
