//! The signature of a bundle (SM2, GB/T 32918.2), where its maker has a key: over the list of members, and so over all of it.
//!
//! It shows that who has the key stands by the bundle. Whose key that is, nothing in the bundle can say.

use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::sec1::ToSec1Point as _;

use crate::base::text::hex;

/// The member, behind the list.
pub const NAME: &str = "SIGNATURE";
/// The signer's identity in the hash of a signature, as GM/T 0009 gives it where none is agreed on.
const IDENTITY: &str = "1234567812345678";
/// The first word.
const ALGORITHM: &str = "SM2";
/// Octets of a private key.
const KEY: usize = 32;
/// Hexadecimal digits of a public key: 04, then both coordinates.
pub const PUBLIC_DIGITS: usize = 130;

/// Signs bundles.
pub struct Signer(SigningKey);

impl Signer {
    /// By a private key of 64 hexadecimal digits; nothing where it is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let octets = unhex(text.trim()).filter(|octets| octets.len() == KEY)?;
        SigningKey::from_slice(IDENTITY, &octets).ok().map(Self)
    }

    /// The public key that goes with it.
    #[must_use]
    pub fn public_key(&self) -> String {
        point(self.0.verifying_key())
    }

    /// The member.
    #[must_use]
    pub fn sign(&self, list: &[u8]) -> String {
        let signature: Signature = self.0.sign(list);
        format!("{ALGORITHM}\t{IDENTITY}\t{}\t{}\n", self.public_key(), hex(&signature.to_bytes()))
    }
}

/// The public key of a signature that is good; nothing where it is not, or not spelt as it must be.
#[must_use]
pub fn check(member: &[u8], list: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(member).ok()?.strip_suffix('\n')?;
    let mut cells = text.split('\t');
    let [algorithm, identity, public, signature] = [cells.next()?, cells.next()?, cells.next()?, cells.next()?];
    if cells.next().is_some() || algorithm != ALGORITHM || identity != IDENTITY {
        return None;
    }
    let key = VerifyingKey::from_sec1_bytes(IDENTITY, &unhex(public)?).ok()?;
    let good = key.verify(list, &Signature::from_slice(&unhex(signature)?).ok()?).is_ok();
    (good && point(&key) == public).then(|| public.to_owned())
}

/// A public key as it is written.
fn point(key: &VerifyingKey) -> String {
    hex(key.to_sec1_point(false).as_bytes())
}

/// Octets of lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |octet: &u8| match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'a'..=b'f' => Some(octet - b'a' + 10),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().map(|octet| digit(&octet)).collect::<Option<_>>()?;
    if digits.len() % 2 == 1 {
        return None;
    }
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_list_alone() {
        let signer = Signer::read(&format!(" {}\n", "1f".repeat(KEY))).unwrap();
        let member = signer.sign(b"list");
        assert_eq!(check(member.as_bytes(), b"list"), Some(signer.public_key()));
        assert_eq!(signer.public_key().len(), PUBLIC_DIGITS);
        assert_eq!(signer.sign(b"list"), member, "the same list, the same octets");
        assert_eq!(check(member.as_bytes(), b"lost"), None);
        for at in 0..member.len() {
            let mut other = member.clone().into_bytes();
            other[at] ^= 1;
            assert_eq!(check(&other, b"list"), None, "octet {at}");
        }
        let longer = format!("{member}\n");
        assert_eq!(check(longer.as_bytes(), b"list"), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "12", &"zz".repeat(KEY), &"00".repeat(KEY), &"ff".repeat(KEY), &"1f".repeat(KEY + 1)] {
            assert!(Signer::read(text).is_none(), "{text}");
        }
    }
}
