//! Subject: `sender:stream,receiver:stream`, GB/T 28181—2022 annex L (2016 annex K). Mandatory on INVITE.

/// Builds the header for a live picture: the camera, a sequence unique to this attempt (so that no two
/// audits share one stream), and ourselves.
#[must_use]
pub fn live(camera: &str, sequence: &str, receiver: &str) -> String {
    format!("{camera}:{sequence},{receiver}:0")
}

/// The camera a Subject names, if it can be read.
#[must_use]
pub fn sender(value: &str) -> Option<&str> {
    let first = value.split(',').next()?.trim();
    let id = first.rsplit_once(':').map_or(first, |(id, _)| id);
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_camera() {
        let subject = live("37172300011320000001", "0723000001", "37172300002000000001");
        assert_eq!(subject, "37172300011320000001:0723000001,37172300002000000001:0");
        assert_eq!(sender(&subject), Some("37172300011320000001"));
        assert_eq!(sender(""), None);
    }
}
