//! What a ledger says: which calls of ours may still be open. Pure: told the entries in their order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::time::Timestamp;
use crate::sip::dialog::{Dialog, Invitation};

/// Calls that are known to be open at once; the settings allow fewer.
pub const MAX_OPEN: usize = 10_000;
/// Days after which nobody keeps a call open any more.
const MAX_AGE_DAYS: i64 = 7;

/// An INVITE about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When, microseconds.
    pub at: i64,
    /// The platform's code.
    pub platform: String,
    /// The code called.
    pub device_id: String,
    /// `UDP`, `TCP` or `TLS`.
    pub transport: String,
    /// Where it is sent to.
    pub peer: String,
    /// By which it can be taken back.
    pub invite: Invitation,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// An INVITE is about to be sent, once more under the same Call-ID when it was challenged.
    Asked(Asked),
    /// A 2xx came: a dialog exists.
    Answered {
        /// When, microseconds.
        at: i64,
        /// Both tags, the remote target, the route set, the number of the INVITE.
        dialog: Dialog,
    },
    /// A dialog has ended.
    HungUp {
        /// When, microseconds.
        at: i64,
        /// Its Call-ID.
        call: String,
        /// Its remote tag.
        tag: String,
        /// The peer sent the BYE.
        by_peer: bool,
    },
    /// No answer can come any more.
    Closed {
        /// When, microseconds.
        at: i64,
        /// The Call-ID.
        call: String,
        /// `refused`, `cancelled`, `not_sent`.
        how: String,
    },
}

/// A call that may still be open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCall {
    /// Its INVITE.
    pub asked: Asked,
    /// Its dialogs; none while nobody has answered.
    pub dialogs: Vec<Dialog>,
}

/// All of them, by Call-ID.
#[derive(Debug, Default)]
pub struct Book {
    calls: BTreeMap<String, OpenCall>,
    /// Calls past [`MAX_OPEN`], which were not taken in.
    pub left_out: u64,
}

impl Book {
    /// Takes in the next entry.
    pub fn add(&mut self, entry: &Entry) {
        match entry {
            Entry::Asked(asked) => {
                let call = &asked.invite.call_id;
                if let Some(known) = self.calls.get_mut(call) {
                    known.asked = asked.clone();
                } else if self.calls.len() < MAX_OPEN {
                    self.calls.insert(call.clone(), OpenCall { asked: asked.clone(), dialogs: Vec::new() });
                } else {
                    self.left_out += 1;
                }
            }
            Entry::Answered { dialog, .. } => {
                if let Some(known) = self.calls.get_mut(dialog.call_id())
                    && !known.dialogs.iter().any(|d| d.remote_tag() == dialog.remote_tag())
                {
                    known.dialogs.push(dialog.clone());
                }
            }
            Entry::HungUp { call, tag, .. } => {
                if let Some(known) = self.calls.get_mut(call) {
                    known.dialogs.retain(|d| d.remote_tag() != tag);
                    if known.dialogs.is_empty() {
                        self.calls.remove(call);
                    }
                }
            }
            Entry::Closed { call, .. } => {
                if self.calls.get(call).is_some_and(|known| known.dialogs.is_empty()) {
                    self.calls.remove(call);
                }
            }
        }
    }

    /// Takes in a whole file. A line that was cut off when the machine stopped is nothing; so is what stands in for it.
    pub fn read(&mut self, text: &[u8]) {
        for line in text.split(|b| *b == b'\n') {
            if let Ok(entry) = serde_json::from_slice(line) {
                self.add(&entry);
            }
        }
    }

    /// Forgets calls nobody keeps open any more; gives their number.
    pub fn forget_old(&mut self, now: Timestamp) -> usize {
        let before = self.calls.len();
        let oldest = now.plus_seconds(-MAX_AGE_DAYS * 86_400).micros();
        self.calls.retain(|_, call| call.asked.at >= oldest);
        before - self.calls.len()
    }

    /// The open ones.
    pub fn open(&self) -> impl Iterator<Item = &OpenCall> {
        self.calls.values()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// The entries that say what is open, and nothing else.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.calls.values().flat_map(|call| {
            let at = call.asked.at;
            let dialogs = call.dialogs.iter().map(move |dialog| Entry::Answered { at, dialog: dialog.clone() });
            std::iter::once(Entry::Asked(call.asked.clone())).chain(dialogs)
        })
    }
}

#[cfg(test)]
#[expect(missing_docs, clippy::missing_panics_doc)]
pub mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::sip::message::Message;

    /// An INVITE about to be sent.
    #[must_use]
    pub fn asked(call: &str, at: i64) -> Asked {
        let octets = Bytes::from(format!(
            "INVITE sip:c@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{call}\r\nFrom: <sip:me@d>;tag=t\r\n\
             To: <sip:c@d>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        ));
        let invite = Invitation::of(&Message::parse_datagram(&octets).unwrap()).unwrap();
        Asked { at, platform: "p".into(), device_id: "c".into(), transport: "UDP".into(), peer: "192.0.2.1:5060".into(), invite }
    }

    /// The dialog a 2xx makes.
    #[must_use]
    pub fn dialog(call: &str, tag: &str) -> Dialog {
        let octets = Bytes::from(format!(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{call}\r\nFrom: <sip:me@d>;tag=t\r\n\
             To: <sip:c@d>;tag={tag}\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        ));
        Dialog::unasked(&Message::parse_datagram(&octets).unwrap(), "192.0.2.1:5060".parse().unwrap()).unwrap()
    }

    #[must_use]
    pub fn hung_up(call: &str, tag: &str) -> Entry {
        Entry::HungUp { at: 3, call: call.into(), tag: tag.into(), by_peer: false }
    }

    fn closed(call: &str) -> Entry {
        Entry::Closed { at: 3, call: call.into(), how: "refused".into() }
    }

    fn answered(call: &str, tag: &str) -> Entry {
        Entry::Answered { at: 2, dialog: dialog(call, tag) }
    }

    fn book(entries: &[Entry]) -> Vec<(String, Vec<String>)> {
        let mut book = Book::default();
        entries.iter().for_each(|entry| book.add(entry));
        let tags = |call: &OpenCall| call.dialogs.iter().map(|d| d.remote_tag().to_owned()).collect();
        book.open().map(|call| (call.asked.invite.call_id.clone(), tags(call))).collect()
    }

    #[test]
    fn a_call_is_open_from_its_invite_to_the_end_of_its_last_dialog() {
        let ask = |call| Entry::Asked(asked(call, 1));
        let none: [(String, Vec<String>); 0] = [];
        assert_eq!(book(&[ask("a")]), [("a".to_owned(), vec![])]);
        assert_eq!(book(&[ask("a"), closed("a")]), none);
        assert_eq!(book(&[ask("a"), answered("a", "x")]), [("a".to_owned(), vec!["x".to_owned()])]);
        assert_eq!(book(&[ask("a"), answered("a", "x"), closed("a")]).len(), 1, "a dialog is ended by BYE alone");
        assert_eq!(book(&[ask("a"), answered("a", "x"), hung_up("a", "x")]), none);
        let forked = [ask("a"), answered("a", "x"), answered("a", "y"), answered("a", "y"), hung_up("a", "x")];
        assert_eq!(book(&forked), [("a".to_owned(), vec!["y".to_owned()])]);
        assert_eq!(book(&[answered("a", "x"), hung_up("b", "x"), closed("b")]), none, "of what nobody asked nothing is known");
    }

    #[test]
    fn what_is_written_again_says_the_same_and_torn_lines_are_nothing() {
        let mut text = Vec::new();
        for entry in [Entry::Asked(asked("a", 1)), Entry::Asked(asked("b", 1)), answered("b", "x"), closed("a")] {
            text.extend(serde_json::to_vec(&entry).unwrap());
            text.push(b'\n');
        }
        let mut first = Book::default();
        first.read(&text);
        text.splice(0..0, *b"{\"asked\":{\"at\n\0\0\n");
        text.extend(b"{\"hung_up\":{\"at\":3,\"call\":\"b\",\"ta");
        let mut torn = Book::default();
        torn.read(&text);
        let mut again = Book::default();
        torn.entries().for_each(|entry| again.add(&entry));
        assert_eq!(first.open().collect::<Vec<_>>(), again.open().collect::<Vec<_>>());
        assert_eq!(again.len(), 1);
    }

    #[test]
    fn there_is_an_end_of_calls_and_of_their_age() {
        let mut book = Book::default();
        for n in 0..MAX_OPEN + 3 {
            book.add(&Entry::Asked(asked(&format!("{n}"), 5)));
        }
        assert_eq!((book.len(), book.left_out), (MAX_OPEN, 3));
        let week = Timestamp::from_micros(5).plus_seconds(MAX_AGE_DAYS * 86_400);
        assert_eq!(book.forget_old(week), 0);
        assert_eq!(book.forget_old(week.plus_seconds(1)), MAX_OPEN);
        assert!(book.is_empty());
    }
}
