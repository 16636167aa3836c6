//! Why no case catches a mutant: what differs from the base and is not compared.

use std::collections::BTreeSet;

use model::mask::{FileForm, JsonBy, Place};
use model::observation::{Direction, Observation, PeerEnd, Role};
use model::{Breaks, Expected, Said, Scenario, Wire};
use protocols::Protocol;

/// What differs, in words, and what would show it. Empty if all observations are equal.
pub(super) struct Compared<'a> {
    pub(super) scenario: &'a dyn Scenario,
    pub(super) protocol: Option<&'a Protocol>,
    pub(super) role: Role,
}

impl Compared<'_> {
    /// What differs from the base in a case that both passed, except what varies in the base itself.
    pub(super) fn differences(
        &self,
        expected: &Expected,
        base: &Observation,
        seen: &Observation,
    ) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let role = self.role;
        let (of_base, of_variant) = (base.end(role), seen.end(role));
        found.extend(self.stream(expected, base, seen));
        found.extend(self.files(of_base, of_variant));
        if !self.same_screen(base, seen) && self.same_screen_as(expected, base) {
            found.insert(format!(
                "the {role}'s standard output differs, and is not compared: [compare] stdout = true \
                 would catch it"
            ));
        }
        if of_base.exit != of_variant.exit {
            let told = |end: &PeerEnd| end.exit.map_or_else(String::new, |exit| exit.to_string());
            found.insert(format!(
                "the {role} ends with {} in the place of {}: only the kind of a status is compared",
                told(of_variant),
                told(of_base)
            ));
        }
        if words(of_base) != words(of_variant) {
            found.insert(format!("the {role}'s standard error differs, which is never compared"));
        }
        found
    }

    /// Bytes that differ although the case passed: a mask covers them, or JSON is compared by value.
    fn stream(
        &self,
        expected: &Expected,
        base: &Observation,
        seen: &Observation,
    ) -> Option<String> {
        let way = match self.role {
            Role::Server => Direction::ToClient,
            Role::Client => Direction::ToServer,
        };
        let Wire::Stream(right) = expected.wire(way) else { return None };
        let [of_base, of_variant] = [base, seen].map(|it| it.wire.stream(way));
        // If the base itself varies between plays, the difference proves nothing.
        if of_base != right.0 || of_variant == right.0 {
            return None;
        }
        let breaks = Breaks::of(&seen.wire, way);
        let said = Said { bytes: &of_variant, breaks: &breaks };
        let at = right.0.iter().zip(&of_variant).take_while(|(one, other)| one == other).count();
        let masked = self.scenario.masked(Place::Stream(way), said);
        let what = format!("{} differs at byte {at}", way.name());
        if !masked.iter().any(|range| range.contains(&at)) {
            return Some(format!("{what}, and JSON is compared by its value"));
        }
        let masks: Vec<&str> = self.met(seen);
        Some(match masks[..] {
            [] => format!("{what}, and JSON is compared by its value"),
            [mask] => format!("{what}, where {mask} hides it"),
            _ => format!("{what}, where a mask hides it"),
        })
    }

    /// The masks of the file that cover a part of what was observed.
    fn met(&self, seen: &Observation) -> Vec<&str> {
        let Some(protocol) = self.protocol else { return Vec::new() };
        let masks = protocol.masks().iter().enumerate();
        masks
            .filter(|(number, _)| protocol.mask_is_met(*number, seen))
            .map(|(_, mask)| mask.as_str())
            .collect()
    }

    /// Files that differ although the case passed.
    fn files(&self, base: &PeerEnd, seen: &PeerEnd) -> Option<String> {
        let role = self.role;
        let mut paths = base.files.keys().chain(seen.files.keys());
        let path = paths.find(|path| {
            let is_masked = self.scenario.file_form(role, path) != FileForm::Content;
            is_masked && base.files.get(*path) != seen.files.get(*path)
        })?;
        Some(format!("the {role}'s file {path:?} differs, where a mask hides it"))
    }

    fn same_screen(&self, one: &Observation, other: &Observation) -> bool {
        let [one, other] = [one, other].map(|it| &it.end(self.role).stdout.0[..]);
        self.agree(one, other)
    }

    /// Whether the base's screen equals the reference's. Otherwise it varies between plays.
    fn same_screen_as(&self, expected: &Expected, base: &Observation) -> bool {
        let right = match self.role {
            Role::Server => &expected.server.stdout.0,
            Role::Client => &expected.client.stdout.0,
        };
        self.agree(right, &base.end(self.role).stdout.0)
    }

    fn agree(&self, right: &[u8], seen: &[u8]) -> bool {
        let place = Place::Screen(self.role);
        let (right, seen) = (Said::whole(right), Said::whole(seen));
        self.scenario.with_seen(place, right, seen, JsonBy::Bytes) == seen.bytes
    }
}

/// A program's standard error, without what varies between plays: numbers, and directories in a traceback.
fn words(end: &PeerEnd) -> String {
    let text = String::from_utf8_lossy(&end.stderr.0);
    let last = text.trim_end().lines().last().unwrap_or_default();
    last.split(|c: char| c.is_ascii_digit() || c == '/').collect()
}
