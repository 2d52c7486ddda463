//! One client: it sends requests, one at a time, and knows what the server owes it.

use std::collections::BTreeMap;
use std::io;

use super::model::{Content, Plain, Version, Versions};
use super::random::Random;
use super::support::{Answer, Client};

pub(crate) const PLAIN: &str = "crash-plain";
pub(crate) const VERSIONED: &str = "crash-versions";
const KEYS: u64 = 12;
const PART_BYTES_MIN: usize = 5 << 20;

/// A client and its keys.
#[derive(Clone)]
pub(crate) struct Worker {
    id: u64,
    random: Random,
    pub(crate) plain: BTreeMap<String, Plain>,
    pub(crate) versioned: BTreeMap<String, Versions>,
    pub(crate) acknowledged: u64,
    pub(crate) cut_off: u64,
}

impl Worker {
    pub(crate) fn new(id: u64, seed: u64) -> Self {
        let key = |number| format!("worker-{id}/{}/key-{number:02}", number % 3);
        let keys = || (0..KEYS).map(key);
        Self {
            id,
            random: Random::new(seed),
            plain: keys().map(|key| (key, Plain::absent())).collect(),
            versioned: keys().map(|key| (key, Versions::default())).collect(),
            acknowledged: 0,
            cut_off: 0,
        }
    }

    /// One request. An error says that the server is gone.
    pub(crate) fn step(&mut self, client: &mut Client) -> io::Result<()> {
        let number = self.random.below(KEYS);
        let key = self.plain.keys().nth(number as usize).unwrap().clone();
        let done = match self.random.below(20) {
            0..=7 => self.put(client, &key),
            8..=10 => self.delete(client, &key),
            11 => self.copy(client, &key),
            12 => self.multipart(client, &key),
            13 => self.read(client, &key),
            14..=17 => self.put_version(client, &key),
            18 => self.delete_latest(client, &key),
            _ => self.delete_version(client, &key),
        };
        match &done {
            Ok(()) => self.acknowledged += 1,
            Err(_) => self.cut_off += 1,
        }
        done
    }

    /// Inline bodies, bodies around the inline limit, and such of several blocks and buffers.
    fn content(&mut self) -> Content {
        let bytes = match self.random.below(10) {
            0 => 0,
            1..=4 => self.random.below(8 << 10),
            5..=6 => (14 << 10) + self.random.below(4 << 10),
            7..=8 => (64 << 10) + self.random.below(256 << 10),
            _ => (1 << 20) + self.random.below(5 << 20),
        };
        Content {
            seed: self.random.next(),
            bytes: bytes as usize,
        }
    }

    fn plain(&mut self, key: &str) -> &mut Plain {
        self.plain.get_mut(key).unwrap()
    }

    fn versions(&mut self, key: &str) -> &mut Versions {
        self.versioned.get_mut(key).unwrap()
    }

    fn put(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        let content = self.content();
        self.plain(key).attempt(Some(content));
        let answer = client.send("PUT", &format!("/{PLAIN}/{key}"), &[], &content.make())?;
        expect(&answer, 200);
        self.plain(key).settle(Some(content));
        Ok(())
    }

    fn delete(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        self.plain(key).attempt(None);
        expect(&client.send("DELETE", &format!("/{PLAIN}/{key}"), &[], b"")?, 204);
        self.plain(key).settle(None);
        Ok(())
    }

    fn copy(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        let from = self.random.below(KEYS) as usize;
        let (source, state) = self.plain.iter().nth(from).unwrap();
        let (Some(Some(content)), true) = (state.known(), source != key) else {
            return Ok(());
        };
        let source = format!("/{PLAIN}/{source}");
        self.plain(key).attempt(Some(content));
        let answer = client.send(
            "PUT",
            &format!("/{PLAIN}/{key}"),
            &[("x-amz-copy-source", &source)],
            b"",
        )?;
        expect(&answer, 200);
        self.plain(key).settle(Some(content));
        Ok(())
    }

    fn multipart(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        let target = format!("/{PLAIN}/{key}");
        let content = Content {
            seed: self.random.next(),
            bytes: PART_BYTES_MIN + self.random.below(1 << 20) as usize,
        };
        let body = content.make();
        let created = client.send("POST", &format!("{target}?uploads="), &[], b"")?;
        expect(&created, 200);
        let upload = created.elements("UploadId").remove(0);
        let mut parts = String::new();
        for (number, part) in [&body[..PART_BYTES_MIN], &body[PART_BYTES_MIN..]]
            .into_iter()
            .enumerate()
        {
            let number = number + 1;
            let answer = client.send(
                "PUT",
                &format!("{target}?partNumber={number}&uploadId={upload}"),
                &[],
                part,
            )?;
            expect(&answer, 200);
            let etag = answer.header("etag").unwrap();
            parts.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            ));
        }
        self.plain(key).attempt(Some(content));
        let complete = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let answer = client.send(
            "POST",
            &format!("{target}?uploadId={upload}"),
            &[],
            complete.as_bytes(),
        )?;
        expect(&answer, 200);
        assert!(
            answer.text().contains("<CompleteMultipartUploadResult"),
            "{}",
            answer.text()
        );
        self.plain(key).settle(Some(content));
        Ok(())
    }

    fn read(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        let answer = client.send("GET", &format!("/{PLAIN}/{key}"), &[], b"")?;
        self.seen(key, &answer);
        Ok(())
    }

    /// A key was read: it must be one of the possible, and now it is known which.
    fn seen(&mut self, key: &str, answer: &Answer) {
        let possible = self.plain(key).possible().to_vec();
        let is = match answer.status {
            404 => possible.iter().find(|content| content.is_none()),
            200 => possible
                .iter()
                .find(|content| content.is_some_and(|content| content.make() == answer.body)),
            _ => None,
        };
        let Some(is) = is else {
            panic!(
                "{key}: status {}, {} bytes; possible: {possible:?}",
                answer.status,
                answer.body.len()
            )
        };
        self.plain(key).settle(*is);
    }

    fn put_version(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        let content = self.content();
        self.versions(key).maybe.push(Some(content));
        let answer = client.send("PUT", &format!("/{VERSIONED}/{key}"), &[], &content.make())?;
        expect(&answer, 200);
        self.version_made(key, &answer, Some(content));
        Ok(())
    }

    fn delete_latest(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        self.versions(key).maybe.push(None);
        let answer = client.send("DELETE", &format!("/{VERSIONED}/{key}"), &[], b"")?;
        expect(&answer, 204);
        self.version_made(key, &answer, None);
        Ok(())
    }

    fn version_made(&mut self, key: &str, answer: &Answer, content: Option<Content>) {
        let id = answer
            .header("x-amz-version-id")
            .expect("a version id")
            .to_owned();
        let versions = self.versions(key);
        versions.maybe.pop();
        versions.there.push(Version { id, content });
    }

    fn delete_version(&mut self, client: &mut Client, key: &str) -> io::Result<()> {
        let count = self.versions(key).there.len() as u64;
        if count == 0 {
            return Ok(());
        }
        let which = self.random.below(count) as usize;
        let id = self.versions(key).there[which].id.clone();
        self.versions(key).maybe_gone.push(id.clone());
        expect(
            &client.send("DELETE", &format!("/{VERSIONED}/{key}?versionId={id}"), &[], b"")?,
            204,
        );
        let versions = self.versions(key);
        versions.maybe_gone.pop();
        versions.there.remove(which);
        versions.gone.push(id);
        Ok(())
    }

    /// Everything the server owes this worker, read back and compared.
    pub(crate) fn verify(&mut self, client: &mut Client) {
        let keys: Vec<String> = self.plain.keys().cloned().collect();
        for key in &keys {
            let answer = client.send("GET", &format!("/{PLAIN}/{key}"), &[], b"").unwrap();
            self.seen(key, &answer);
        }
        let listed = self.list(client);
        let there = |key: &String| {
            self.plain[key]
                .known()
                .flatten()
                .map(|content| (key.clone(), content.bytes))
        };
        let expected: Vec<(String, usize)> = keys.iter().filter_map(there).collect();
        assert_eq!(listed, expected, "the listing and the objects");
        for key in &keys {
            self.verify_versions(client, key);
        }
    }

    fn list(&self, client: &mut Client) -> Vec<(String, usize)> {
        let mut listed = Vec::new();
        let mut after = String::new();
        loop {
            // Pages of five, so that paging is part of it.
            let target = format!(
                "/{PLAIN}?list-type=2&max-keys=5&prefix=worker-{}%2F{after}",
                self.id
            );
            let page = client.send("GET", &target, &[], b"").unwrap();
            expect(&page, 200);
            let sizes = page
                .elements("Size")
                .into_iter()
                .map(|size| size.parse().unwrap());
            listed.extend(page.elements("Key").into_iter().zip(sizes));
            if page.elements("IsTruncated") != ["true"] {
                return listed;
            }
            let last: &(String, usize) = listed.last().unwrap();
            after = format!("&start-after={}", last.0.replace('/', "%2F"));
        }
    }

    fn verify_versions(&mut self, client: &mut Client, key: &str) {
        let target = format!("/{VERSIONED}?versions=&prefix={}", key.replace('/', "%2F"));
        let listing = client.send("GET", &target, &[], b"").unwrap();
        expect(&listing, 200);
        assert_eq!(
            listing.elements("IsTruncated"),
            ["false"],
            "few enough versions for one page"
        );
        // Newest first; oldest first is how the model has them.
        let mut ids = listing.elements("VersionId");
        ids.reverse();
        let known = self.versions(key).clone();
        for id in &known.gone {
            assert!(!ids.contains(id), "{key}: version {id} was deleted and is back");
        }
        let mut maybe = known.maybe.clone();
        let mut there = Vec::new();
        for id in ids {
            let answer = client
                .send("GET", &format!("/{VERSIONED}/{key}?versionId={id}"), &[], b"")
                .unwrap();
            let shown = match answer.status {
                200 => Some(&answer.body),
                405 if answer.header("x-amz-delete-marker") == Some("true") => None,
                status => panic!("{key}: version {id} is listed and answers {status}"),
            };
            let is = |content: &Option<Content>| content.map(Content::make).as_ref() == shown;
            let content = match known.there.iter().find(|version| version.id == id) {
                Some(version) => {
                    assert!(is(&version.content), "{key}: version {id} has other bytes");
                    version.content
                }
                None => {
                    let which = maybe.iter().position(is);
                    maybe.remove(which.unwrap_or_else(|| panic!("{key}: version {id} is nobody's")))
                }
            };
            there.push(Version { id, content });
        }
        let acknowledged = known
            .there
            .iter()
            .filter(|version| !known.maybe_gone.contains(&version.id));
        let found: Vec<&Version> = there
            .iter()
            .filter(|version| known.there.contains(version))
            .collect();
        for version in acknowledged {
            assert!(found.contains(&version), "{key}: version {} is lost", version.id);
        }
        // The acknowledged ones are in the order they were written.
        let order: Vec<&Version> = known
            .there
            .iter()
            .filter(|version| there.contains(version))
            .collect();
        assert_eq!(found, order, "{key}: the order of versions");
        let gone = known
            .maybe_gone
            .into_iter()
            .filter(|id| there.iter().all(|version| version.id != *id));
        let versions = self.versions(key);
        versions.gone.extend(gone);
        versions.there = there;
        versions.maybe.clear();
        versions.maybe_gone.clear();
    }

    /// A key that has an object.
    pub(crate) fn some_object(&self) -> Option<(String, Content)> {
        self.plain
            .iter()
            .find_map(|(key, state)| Some((key.clone(), state.known().flatten()?)))
    }

    /// A version that is there, and its key.
    pub(crate) fn some_version(&self) -> Option<(String, String)> {
        self.versioned
            .iter()
            .find_map(|(key, versions)| Some((key.clone(), versions.there.first()?.id.clone())))
    }

    /// Sizes in bytes of all live objects and versions.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let plain = self.plain.values().filter_map(|state| state.known().flatten());
        let versioned = self.versioned.values().flat_map(|versions| &versions.there);
        plain
            .chain(versioned.filter_map(|version| version.content))
            .map(|content| content.bytes)
            .collect()
    }
}

fn expect(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
}
