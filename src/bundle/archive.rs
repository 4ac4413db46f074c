//! The canonical zip: every octet of it follows from the members. Stored, in one order, all times 1980-01-01, no extra fields,
//! no comments, nothing before, between or after. What differs from that is no bundle of ours, or was changed.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::signature::{self, Signer};
use super::wrong::{Refused, Wrong};
use crate::evidence::seal::{Chain, Hashes, Hashing};

/// Largest bundle: offsets in a plain zip have 32 bits.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024 - 1024 * 1024;
/// Most members: places in a plain zip have 16 bits.
pub const MAX_MEMBERS: usize = 60_000;
/// Longest name of a member.
pub const MAX_NAME: usize = 80;
/// The list of members; only a signature comes after it.
pub const LIST: &str = "CHAIN";

/// Octets of a local header without the name.
const LOCAL: usize = 30;
/// Where in it the sum and the two lengths stand.
const SUM: u64 = 14;
/// Its first octets: signature, version 1.0, no flags, stored, 00:00 of 1980-01-01.
const LOCAL_START: [u8; 14] = [b'P', b'K', 3, 4, 10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
/// The same of an entry of the directory, written by version 1.0.
const CENTRAL_START: [u8; 16] = [b'P', b'K', 1, 2, 10, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
/// The first octets of the end.
const END_START: [u8; 8] = [b'P', b'K', 5, 6, 0, 0, 0, 0];
/// Octets read at once.
const BUFFER: usize = 256 * 1024;

/// One member, as it lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where its octets begin.
    pub at: u64,
    /// How many.
    pub octets: u64,
    /// Their CRC-32.
    pub sum: u32,
    /// Their hashes.
    pub hashes: Hashes,
    /// The header in front of them is the one they must have.
    pub header: bool,
}

/// Writes a bundle.
pub struct Writer<W> {
    out: W,
    at: u64,
    members: Vec<Member>,
    chain: Chain,
}

/// What goes into a member, measured on its way.
struct Measured<'a, W> {
    out: &'a mut W,
    hashing: Hashing,
    sum: crc32fast::Hasher,
    room: u64,
}

impl<W: Write> Write for Measured<'_, W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets)?;
        let octets = octets.get(..written).unwrap_or(octets);
        self.hashing.update(octets);
        self.sum.update(octets);
        if self.hashing.octets() > self.room {
            return Err(too_large());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The bundle would be larger than [`MAX_BYTES`].
fn too_large() -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

impl<W: Write + Seek> Writer<W> {
    /// Begins at the beginning of a file.
    pub fn new(out: W) -> Self {
        Self { out, at: 0, members: Vec::new(), chain: Chain::default() }
    }

    /// Octets so far.
    pub const fn octets(&self) -> u64 {
        self.at
    }

    /// Adds a member.
    ///
    /// # Errors
    /// When the file cannot be written, or would be too large.
    pub fn add(&mut self, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let member = self.member(name, write)?;
        self.chain.add(name, member.octets, &member.hashes);
        self.members.push(member);
        Ok(())
    }

    /// The chain value so far.
    pub const fn head(&self) -> &Hashes {
        self.chain.head()
    }

    fn member(&mut self, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Member> {
        if self.members.len() >= MAX_MEMBERS {
            return Err(too_large());
        }
        self.out.write_all(&local_header(name, 0, 0))?;
        let at = self.at + (LOCAL + name.len()) as u64;
        let mut measured = Measured {
            out: &mut self.out,
            hashing: Hashing::default(),
            sum: crc32fast::Hasher::new(),
            room: MAX_BYTES.saturating_sub(at),
        };
        write(&mut measured)?;
        let (octets, sum, hashes) = (measured.hashing.octets(), measured.sum.finalize(), measured.hashing.finish());
        self.out.seek(SeekFrom::Start(self.at + SUM))?;
        let length = u32::try_from(octets).map_err(|_| too_large())?.to_le_bytes();
        self.out.write_all(&sum.to_le_bytes())?;
        self.out.write_all(&length)?;
        self.out.write_all(&length)?;
        self.at = at + octets;
        self.out.seek(SeekFrom::Start(self.at))?;
        Ok(Member { name: name.to_owned(), at, octets, sum, hashes, header: true })
    }

    /// Adds the list of members, a signature where there is a signer, and the directory. Gives the file back, and the last chain
    /// value.
    ///
    /// # Errors
    /// When the file cannot be written, or would be too large.
    pub fn finish(mut self, signer: Option<&Signer>) -> io::Result<(W, Hashes)> {
        let text = self.chain.text().to_owned();
        let list = self.member(LIST, |out| out.write_all(text.as_bytes()))?;
        self.members.push(list);
        if let Some(signer) = signer {
            let signed = self.member(signature::NAME, |out| out.write_all(signer.sign(text.as_bytes()).as_bytes()))?;
            self.members.push(signed);
        }
        self.out.write_all(&directory(&self.members, self.at))?;
        self.out.flush()?;
        Ok((self.out, self.chain.head().clone()))
    }
}

fn local_header(name: &str, sum: u32, octets: u64) -> Vec<u8> {
    let mut header = LOCAL_START.to_vec();
    fields(&mut header, name, sum, octets);
    header.extend(name.as_bytes());
    header
}

/// Sum, both lengths, length of the name, no extra field.
fn fields(header: &mut Vec<u8>, name: &str, sum: u32, octets: u64) {
    let length = u32::try_from(octets).unwrap_or(u32::MAX).to_le_bytes();
    header.extend(sum.to_le_bytes());
    header.extend(length);
    header.extend(length);
    header.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    header.extend([0, 0]);
}

/// All that follows the members.
fn directory(members: &[Member], at: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for member in members {
        let name = &member.name;
        out.extend(CENTRAL_START);
        fields(&mut out, name, member.sum, member.octets);
        // No comment, first disk, no attributes.
        out.extend([0; 10]);
        let local = member.at - (LOCAL + name.len()) as u64;
        out.extend(u32::try_from(local).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(name.as_bytes());
    }
    let size = u32::try_from(out.len()).unwrap_or(u32::MAX);
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX).to_le_bytes();
    out.extend(END_START);
    out.extend(count);
    out.extend(count);
    out.extend(size.to_le_bytes());
    out.extend(u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A bundle that was walked through from end to end.
pub struct Walked {
    /// The members but the list and what comes after it.
    pub members: Vec<Member>,
    /// The list.
    pub list: Member,
    /// The signature, if there is one.
    pub signature: Option<Member>,
    /// What is not as it must be.
    pub wrong: Vec<Wrong>,
}

/// Reads every octet of a bundle once. What is found is told in the order it stands.
///
/// # Errors
/// When it is no bundle, or one that cannot be walked.
pub fn walk<R: Read + Seek>(input: &mut R) -> Result<Walked, Refused> {
    let whole = input.seek(SeekFrom::End(0))?;
    if whole > MAX_BYTES {
        return Err(Refused::TooLarge(whole));
    }
    input.seek(SeekFrom::Start(0))?;
    let (mut at, mut members, mut names) = (0_u64, Vec::<Member>::new(), HashSet::new());
    loop {
        let item = members.len() + 1;
        let derailed = |members: &[Member]| match members.last() {
            None => Refused::NoBundle,
            Some(last) => Refused::Derailed { item: item - 1, name: last.name.clone() },
        };
        let mut header = [0; LOCAL];
        if at + LOCAL as u64 > whole {
            return Err(derailed(&members));
        }
        input.read_exact(&mut header)?;
        let (start, rest) = header.split_at(LOCAL_START.len());
        if start.get(..4) != LOCAL_START.get(..4) {
            // The list is the last, or a signature behind it.
            let wrong = directory_is(input, at, whole, &members)?;
            let signature = members.pop_if(|last| last.name == signature::NAME);
            return match members.pop() {
                Some(list) if list.name == LIST => Ok(Walked { members, list, signature, wrong }),
                Some(last) => Err(Refused::Derailed { item: item - 1, name: last.name }),
                None => Err(Refused::NoBundle),
            };
        }
        let number = |from: usize, to: usize| {
            rest.get(from..to).unwrap_or_default().iter().rev().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet))
        };
        let (sum, packed, octets, length, extra) = (number(0, 4), number(4, 8), number(8, 12), number(12, 14), number(14, 16));
        let fits = at + LOCAL as u64 + length + octets <= whole;
        if members.len() >= MAX_MEMBERS {
            return Err(Refused::TooMany);
        }
        if start.get(8..10).is_some_and(|method| method != [0, 0]) && item == 1 {
            return Err(Refused::Packed);
        }
        if !fits || length == 0 || length > MAX_NAME as u64 || extra > 0 || packed != octets {
            return Err(derailed(&members));
        }
        let mut name = vec![0; usize::try_from(length).unwrap_or_default()];
        input.read_exact(&mut name)?;
        let Some(name) = String::from_utf8(name).ok().filter(|name| super::is_plain(name)) else {
            return Err(Refused::Name { item });
        };
        if !names.insert(name.clone()) {
            return Err(Refused::Twice { item, name });
        }
        let begins = at + LOCAL as u64 + length;
        let (computed, hashes) = measure(input, octets)?;
        let header = start == LOCAL_START && u64::from(computed) == sum;
        members.push(Member { name, at: begins, octets, sum: computed, hashes, header });
        at = begins + octets;
    }
}

/// The directory has to be the one that follows from the members, and nothing comes after it.
fn directory_is<R: Read + Seek>(input: &mut R, at: u64, whole: u64, members: &[Member]) -> Result<Vec<Wrong>, Refused> {
    let due = directory(members, at);
    input.seek(SeekFrom::Start(at))?;
    let mut stands = Vec::new();
    input.take(due.len() as u64 + 1).read_to_end(&mut stands)?;
    if stands.get(..due.len()) != Some(due.as_slice()) {
        let same = stands.iter().zip(&due).take_while(|(a, b)| a == b).count();
        // An entry each, then the end.
        let mut begins = 0;
        let entry = members.iter().enumerate().find(|(_, member)| {
            begins += CENTRAL_START.len() + 30 + member.name.len();
            same < begins
        });
        return Ok(vec![Wrong::Directory { item: entry.map(|(index, _)| index + 1), name: entry.map(|(_, m)| m.name.clone()) }]);
    }
    let more = stands.len() > due.len();
    Ok(more.then(|| Wrong::Trailing { octets: whole.saturating_sub(at + due.len() as u64) }).into_iter().collect())
}

/// Reads so many octets.
fn measure<R: Read>(input: &mut R, octets: u64) -> Result<(u32, Hashes), Refused> {
    let mut buffer = vec![0; BUFFER.min(usize::try_from(octets).unwrap_or(BUFFER))];
    let (mut hashing, mut sum, mut left) = (Hashing::default(), crc32fast::Hasher::new(), octets);
    while left > 0 {
        let room = usize::try_from(left).unwrap_or(BUFFER).min(buffer.len());
        let part = buffer.get_mut(..room).unwrap_or_default();
        input.read_exact(part)?;
        hashing.update(part);
        sum.update(part);
        left -= room as u64;
    }
    Ok((sum.finalize(), hashing.finish()))
}

/// The octets of a member.
///
/// # Errors
/// When the file cannot be read.
pub fn octets<R: Read + Seek>(input: &mut R, member: &Member) -> io::Result<Vec<u8>> {
    input.seek(SeekFrom::Start(member.at))?;
    let mut out = Vec::with_capacity(usize::try_from(member.octets).unwrap_or_default());
    input.take(member.octets).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn small() -> Vec<u8> {
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        writer.add("FORMAT", |out| out.write_all(b"x\n")).unwrap();
        writer.add("evidence/header.json", |out| out.write_all(b"{}\n")).unwrap();
        writer.finish(None).unwrap().0.into_inner()
    }

    #[test]
    fn what_is_written_is_a_zip_that_others_read_and_is_walked_without_a_finding() {
        let octets = small();
        let walked = walk(&mut Cursor::new(&octets)).unwrap();
        assert_eq!((walked.members.len(), walked.wrong.len(), walked.list.name.as_str()), (2, 0, LIST));
        let mut zip = zip::ZipArchive::new(Cursor::new(&octets)).unwrap();
        let mut text = String::new();
        zip.by_name("FORMAT").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "x\n");
        assert_eq!(small(), octets, "the same members, the same octets");
    }

    #[test]
    fn no_octet_can_be_changed_added_or_left_out_unseen_but_those_of_members() {
        let octets = small();
        let hashes = |walked: &Walked| walked.members.iter().map(|m| m.hashes.clone()).collect::<Vec<_>>();
        let whole = walk(&mut Cursor::new(&octets)).unwrap();
        for at in 0..octets.len() {
            let mut other = octets.clone();
            other[at] ^= 0x41;
            let seen = match walk(&mut Cursor::new(&other)) {
                Err(_) => true,
                Ok(walked) => {
                    let headers = walked.members.iter().chain([&walked.list]).all(|member| member.header);
                    !walked.wrong.is_empty()
                        || !headers
                        || hashes(&walked) != hashes(&whole)
                        || walked.list.hashes != whole.list.hashes
                }
            };
            assert!(seen, "octet {at}");
            let short = walk(&mut Cursor::new(&octets[..at]));
            assert!(short.is_err() || !short.unwrap().wrong.is_empty(), "cut at {at}");
        }
        let mut longer = octets.clone();
        longer.push(0);
        let wrong = walk(&mut Cursor::new(&longer)).unwrap().wrong;
        assert_eq!(wrong, [Wrong::Trailing { octets: 1 }]);
        let mut shifted = vec![0];
        shifted.extend(&octets);
        assert!(matches!(walk(&mut Cursor::new(&shifted)), Err(Refused::NoBundle)));
    }

    #[test]
    fn names_that_lead_elsewhere_and_names_that_stand_twice_are_refused() {
        for name in ["../evil", "/etc/passwd", "evidence\\header.json", "evidence/../x", "evidence/header.json/"] {
            let mut writer = Writer::new(Cursor::new(Vec::new()));
            writer.add(name, |_| Ok(())).unwrap();
            let octets = writer.finish(None).unwrap().0.into_inner();
            assert!(matches!(walk(&mut Cursor::new(&octets)), Err(Refused::Name { item: 1 })), "{name}");
        }
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        writer.add("FORMAT", |_| Ok(())).unwrap();
        writer.add("FORMAT", |_| Ok(())).unwrap();
        let octets = writer.finish(None).unwrap().0.into_inner();
        assert!(matches!(walk(&mut Cursor::new(&octets)), Err(Refused::Twice { item: 2, .. })));
        for foreign in [&b"PK\x05\x06"[..], b"", b"%PDF-1.7 and so on, long enough for a header", &[0; 100]] {
            assert!(matches!(walk(&mut Cursor::new(foreign)), Err(Refused::NoBundle)), "{foreign:?}");
        }
    }
}
