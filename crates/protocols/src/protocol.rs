//! A protocol as its file describes it: a scenario whose reference decides what is right.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use layout::Layout;
use model::blob::Blob;
use model::case::{Network, Transport};
use model::mask::{FileForm, JsonBy, Place, with_values_of};
use model::observation::{Direction, Observation, Role};
use model::scenario::{hide_printed, replace};
use model::{
    Addresses, Beside, CLIENT_ADDRESS, Clause, Endpoint, Expected, Explained, Frames, Generator,
    Input, Literal, Needs, QuickCase, RightError, SERVER_ADDRESS, Said, Scenario, Truth, Vector,
};
use proptest::strategy::{BoxedStrategy, Strategy};

use crate::compare_form::Compare;
use crate::framing::{Framing, PartMask};
use crate::hostile::{self, Exchange, Given};
use crate::masks::Masks;
use crate::networks::{self, Networks, Sizes};
use crate::text::{Text, Value, Values, words_in};
use crate::vary::{NAME_MAX_BYTES, Variable};

/// A protocol, ready to play.
#[derive(Debug)]
pub struct Protocol {
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) transports: Vec<Transport>,
    pub(crate) reference: Reference,
    pub(crate) inputs: Vec<InputForm>,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) compare: Compare,
    pub(crate) masks: Masks,
    pub(crate) framing: Framing,
    /// Each mask as it stands in the file, in one line.
    pub(crate) mask_texts: Vec<String>,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) expected: Vec<KnownFailure>,
    pub(crate) quick: Vec<QuickCase>,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// The fixtures and their contents.
    pub(crate) fixtures: BTreeMap<PathBuf, Vec<u8>>,
    /// The warnings about the file, each with its line.
    pub(crate) warnings: Option<String>,
    /// The frames that the owner gives.
    pub(crate) hostile: Vec<Given>,
    pub(crate) sizes: OnceLock<HashMap<String, Sizes>>,
    /// What the reference did with the first fixed input.
    pub(crate) exchange: OnceLock<Exchange>,
}

/// The two programs that decide what is right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// Its name in pairings.
    pub name: String,
    /// The language of its programs.
    pub language: String,
    /// The server's command.
    pub server: Vec<String>,
    /// The client's command.
    pub client: Vec<String>,
    /// The address in the server's source.
    pub server_address: Option<SocketAddr>,
    /// The address in the client's source.
    pub client_address: Option<SocketAddr>,
    /// What else the server needs.
    pub server_needs: Needs,
    /// What else the client needs.
    pub client_needs: Needs,
}

/// A known failure from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFailure {
    /// A glob of case ids.
    pub id: String,
    /// Why it fails.
    pub reason: String,
    /// The beginning of its first line.
    pub symptom: String,
}

/// An input whose variables have no values yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct InputForm {
    pub(crate) name: String,
    pub(crate) typed: Vec<Text>,
    pub(crate) typed_at_server: Vec<Text>,
    pub(crate) client_files: Vec<(Text, Content)>,
    pub(crate) server_files: Vec<(Text, Content)>,
    pub(crate) terminal: bool,
    pub(crate) prompts: BTreeMap<String, String>,
    pub(crate) networks: Networks,
    pub(crate) with: Values,
    /// The variables of the reference's commands.
    pub(crate) words: Vec<String>,
    /// The variables of the input or of a command.
    pub(crate) used: BTreeSet<String>,
    /// The variables without a value, in the input's own texts and in the commands.
    pub(crate) open: BTreeSet<String>,
}

/// The content of a file.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Text(Text),
    Bytes(Vec<u8>),
}

impl Protocol {
    /// The two programs that decide what is right.
    #[must_use]
    pub const fn programs(&self) -> &Reference {
        &self.reference
    }

    /// The file that describes it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text of that file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The warnings about the file, each with its line.
    #[must_use]
    pub fn warnings(&self) -> Option<&str> {
        self.warnings.as_deref()
    }

    /// The known failures from the file.
    #[must_use]
    pub fn known_failures(&self) -> &[KnownFailure] {
        &self.expected
    }

    /// Its masks as they stand in the file, one line each.
    #[must_use]
    pub fn masks(&self) -> &[String] {
        &self.mask_texts
    }

    /// Whether the mask with this number covers anything in what was seen.
    #[must_use]
    pub fn mask_is_met(&self, number: usize, seen: &Observation) -> bool {
        let has_part = |mask: &PartMask| self.framing.is_met(mask, seen);
        self.masks.part(number).map_or_else(|| self.masks.is_met(number, seen), has_part)
    }

    /// The masks that would make these plays of a stream or an output agree, as entries of the file;
    /// and whether they succeed.
    #[must_use]
    pub fn masks_for(&self, place: Place, plays: &[&[u8]]) -> (Vec<String>, bool) {
        let by_name = match place {
            Place::Stream(way) => self.framing.proposed(way, plays),
            Place::Screen(_) => None,
        };
        by_name.map_or_else(|| self.masks.proposed(place, plays), |entries| (entries, true))
    }

    /// Why the seen bytes are not the frames that the file names, in words.
    #[must_use]
    pub fn framing_mistake(&self, seen: &Observation) -> Option<String> {
        self.framing.mistake(seen)
    }

    /// The table of its frames.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.framing.layout()
    }

    /// Whether this direction consists of frames.
    #[must_use]
    pub const fn is_framed(&self, way: Direction) -> bool {
        self.framing.frames_way(way)
    }

    /// The names of the frames in what was seen.
    #[must_use]
    pub fn frames_met(&self, seen: &Observation) -> BTreeSet<String> {
        self.framing.met(seen)
    }

    /// The names of the frames of a direction.
    #[must_use]
    pub fn frame_names(&self) -> Vec<&str> {
        self.framing.names()
    }

    /// The names and inputs of the fixed inputs whose networks depend on the sent amounts.
    #[must_use]
    pub fn inputs_to_measure(&self) -> Vec<(String, Input)> {
        let is_fixed = |form: &&InputForm| form.open.is_empty() && form.networks != Networks::None;
        let forms = self.inputs.iter().filter(is_fixed);
        forms.filter_map(|form| Some((form.name.clone(), form.input(&form.with).ok()?))).collect()
    }

    /// How much the reference sent, and the places of its frames' parts.
    #[must_use]
    pub fn sizes(&self, expected: &Expected) -> Sizes {
        networks::sizes(&self.framing, expected)
    }

    /// Sets how much each fixed input sends, by its name, so that its networks can be chosen. Only the
    /// first call has an effect.
    pub fn measured(&self, sizes: HashMap<String, Sizes>) {
        let _ = self.sizes.set(sizes);
    }

    /// The first fixed input, from which hostile frames are made if there are frames.
    #[must_use]
    pub fn input_for_hostile(&self) -> Option<Input> {
        let framed = [Direction::ToServer, Direction::ToClient].map(|way| self.is_framed(way));
        let first = self.inputs.iter().find(|form| form.open.is_empty())?;
        if framed.contains(&true) { first.input(&first.with).ok() } else { None }
    }

    /// Sets what the reference did with that input. Only the first call has an effect.
    pub fn seen_for_hostile(&self, exchange: Exchange) {
        let _ = self.exchange.set(exchange);
    }

    fn hostile_vectors(&self) -> Vec<Vector> {
        let Some((input, exchange)) = self.input_for_hostile().zip(self.exchange.get()) else {
            return Vec::new();
        };
        let varies = |way: Direction| {
            self.framing.has_masks() || self.masks.has_patterns(Place::Stream(way))
        };
        // Each side waits for everything that the other says.
        let may_vary = [varies(Direction::ToClient), varies(Direction::ToServer)];
        let answers = self.compare.hostile_answers;
        hostile::vectors(&self.framing, &self.hostile, &input, exchange, may_vary, answers)
    }

    /// The variables of the reference's command for `role`.
    pub(crate) fn words_of(&self, role: Role) -> Vec<String> {
        words_in(match role {
            Role::Server => &self.reference.server,
            Role::Client => &self.reference.client,
        })
    }

    fn strategy(&self, form: &InputForm) -> BoxedStrategy<Input> {
        let known = |name: &String| Some((name.clone(), self.variables.get(name)?.strategy()));
        let (names, drawn): (Vec<String>, Vec<BoxedStrategy<Value>>) =
            form.open.iter().filter_map(known).unzip();
        let form = form.clone();
        let made = drawn.prop_filter_map("files that can't be in one directory", move |values| {
            let drawn = names.iter().cloned().zip(values);
            let values = form.with.clone().into_iter().chain(drawn).collect();
            form.input(&values).ok()
        });
        made.boxed()
    }
}

impl InputForm {
    /// The input, with values for its variables; or what is wrong with it.
    pub(crate) fn input(&self, values: &Values) -> Result<Input, String> {
        let lines = |texts: &[Text]| -> Vec<Blob> {
            texts.iter().map(|text| text.fill(values).into()).collect()
        };
        let mut input = Input {
            lines: lines(&self.typed),
            server_lines: lines(&self.typed_at_server),
            beside: files(&self.client_files, values)?,
            server_beside: files(&self.server_files, values)?,
            terminal: self.terminal,
            prompts: self.prompts.clone(),
            ..Input::default()
        };
        for name in &self.words {
            match values.get(name) {
                Some(Value::Text(text)) => input.literals.set(name, text.clone()),
                Some(Value::Number(number)) => input.literals.set(name, *number),
                Some(Value::Bytes(_)) | None => {}
            }
        }
        Ok(input)
    }
}

/// The files of a side, by name.
fn files(files: &[(Text, Content)], values: &Values) -> Result<BTreeMap<String, Beside>, String> {
    let mut made = BTreeMap::new();
    for (name, content) in files {
        let name = String::from_utf8_lossy(&name.fill(values)).into_owned();
        file_name_mistake(&name).map_or(Ok(()), Err)?;
        let content = match content {
            Content::Text(text) => text.fill(values),
            Content::Bytes(bytes) => bytes.clone(),
        };
        if made.insert(name.clone(), Beside::File(content.into())).is_some() {
            return Err(format!("two files are called {name:?}"));
        }
    }
    let is_inside = |one: &String, other: &String| {
        one.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    for name in made.keys() {
        if made.keys().any(|other| is_inside(other, name)) {
            return Err(format!("{name:?} is a file and a directory"));
        }
    }
    Ok(made)
}

/// Why this can't be the path of a file in a program's directory.
pub(crate) fn file_name_mistake(path: &str) -> Option<String> {
    let part = |part: &str| match part {
        "" => Some(format!("{path:?} has a part without a name")),
        "." | ".." => Some(format!("{path:?} leads out of the directory, or names no file")),
        _ if part.contains('\0') => Some(format!("{path:?} has a NUL")),
        _ if part.len() > NAME_MAX_BYTES => {
            Some(format!("a file's name has at most {NAME_MAX_BYTES} bytes"))
        }
        _ => None,
    };
    path.split('/').find_map(part)
}

impl Scenario for Protocol {
    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn reference(&self) -> &str {
        &self.reference.name
    }

    fn transports(&self) -> &[Transport] {
        &self.transports
    }

    fn quick(&self) -> Vec<QuickCase> {
        self.quick.clone()
    }

    fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    fn truth(&self) -> Truth {
        Truth::Reference
    }

    fn vectors(&self) -> Vec<Vector> {
        let sizes = self.sizes.get();
        let fixed = self.inputs.iter().filter(|form| form.open.is_empty());
        let vector = |form: &InputForm| {
            let input = form.input(&form.with).ok()?;
            let sizes = sizes.and_then(|sizes| sizes.get(&form.name));
            let is_datagram = self.home().is_datagram();
            let networks = networks::of_fixed(form.networks, is_datagram, sizes);
            Some(Vector::new(form.name.clone(), input).over(networks))
        };
        fixed.filter_map(vector).chain(self.hostile_vectors()).collect()
    }

    fn generators(&self) -> Vec<Generator> {
        let open = self.inputs.iter().filter(|form| !form.open.is_empty());
        let generator =
            |form: &InputForm| Generator { name: form.name.clone(), strategy: self.strategy(form) };
        open.map(generator).collect()
    }

    fn right(&self, _input: &Input) -> Result<Expected, RightError> {
        Err(RightError("only the reference's own run shows what is right".into()))
    }

    fn control(&self, input: &Input) -> Option<Input> {
        input.hostile.as_ref().and_then(|_| self.input_for_hostile())
    }

    fn cuts_mean_nothing(&self, _direction: Direction) -> bool {
        true
    }

    fn can_judge(&self, _network: &Network, _serves: bool, _connects: bool) -> bool {
        true
    }

    fn generated_networks(&self, nth: usize) -> Vec<Network> {
        let open = self.inputs.iter().find(|form| !form.open.is_empty());
        let networks = open.map(|form| form.networks).unwrap_or_default();
        networks::of_generated(networks, self.home().is_datagram(), nth)
    }

    fn literal_names(&self) -> Vec<String> {
        [self.words_of(Role::Server), self.words_of(Role::Client)].concat()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        let value = |name: &String| match input.literals.value(name)? {
            model::Value::Text(text) => Some(Literal::changed(name, text.clone())),
            model::Value::Number(number) => Some(Literal::changed(name, number.to_string())),
            model::Value::Texts(_) => None,
        };
        self.words_of(role).iter().filter_map(value).collect()
    }

    fn required_places(&self, role: Role) -> Vec<String> {
        self.words_of(role)
    }

    fn masked(&self, place: Place, seen: Said<'_>) -> Vec<std::ops::Range<usize>> {
        let patterns = self.masks.ranges(place, seen.bytes);
        match place {
            Place::Stream(way) if self.framing.has_spans(way) => {
                self.framing.ranges(way, seen, patterns)
            }
            _ => patterns,
        }
    }

    fn with_seen(&self, place: Place, right: Said<'_>, seen: Said<'_>, json: JsonBy) -> Vec<u8> {
        let patterns = [right, seen].map(|it| self.masks.ranges(place, it.bytes));
        match place {
            Place::Stream(way) if self.framing.has_spans(way) || json == JsonBy::Value => {
                self.framing.with_seen(way, [right, seen], patterns, json)
            }
            _ => {
                let [ours, theirs] = &patterns;
                with_values_of(right.bytes, ours, seen.bytes, theirs)
            }
        }
    }

    fn not_rfc8259(&self, way: Direction, said: Said<'_>) -> Option<String> {
        self.framing.not_rfc8259(way, said)
    }

    fn explain(
        &self,
        way: Direction,
        right: Said<'_>,
        seen: Said<'_>,
        json: JsonBy,
    ) -> Option<Explained> {
        self.framing.explain(way, right, seen, json)
    }

    fn frames(&self, way: Direction, said: Said<'_>) -> Option<Frames> {
        self.framing.evidence(way, said)
    }

    fn may_begin_masked(&self, place: Place, tail: &[u8]) -> bool {
        self.masks.may_begin(place, tail)
    }

    fn proposed_mask(&self, place: Place, plays: &[&[u8]]) -> Option<String> {
        let (entries, _) = self.masks_for(place, plays);
        entries.into_iter().next()
    }

    fn file_form(&self, role: Role, path: &str) -> FileForm {
        self.masks.file_form(role, path)
    }

    fn compares_stdout(&self) -> bool {
        self.compare.stdout
    }

    fn compares_hostile_answers(&self) -> bool {
        self.compare.hostile_answers
    }

    fn takes_turns(&self) -> &[Role] {
        if self.compare.turns { &[Role::Server, Role::Client] } else { &[] }
    }

    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        hide_printed(role, addresses, screen);
        hide_printed(role.other(), addresses, screen);
        let clients = addresses.clients.iter().map(|client| (client, CLIENT_ADDRESS));
        for (endpoint, place) in clients.chain([(&addresses.server, SERVER_ADDRESS)]) {
            if let Endpoint::Inet(address) = endpoint {
                replace(screen, &address.to_string(), place);
                replace(screen, &format!("{} {}", address.ip(), address.port()), place);
            }
        }
    }
}
