//! A tool whose arguments have types, as far as they can have any.
//!
//! Deliberately absent: who reads them; each engine says what its policies read.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::RestrictedExpression;
use jsonschema::Validator;
use portcullis_protocol::names::{Name, ServerName};
use serde_json::{Map, Value};

use super::bounds::DEPTH_MAX;
use super::mapping::Mapper;
use super::meter::Budget;
use super::opaque::Opaque;
use super::reads::Reads;
use super::shape::{Kind, Record};
use super::{
    ArgumentFault, BaseContext, MappingFault, Mentioned, ToolDefinition, check, convert, cost,
    declared, defaults, fragment, meter, names, opaque, project, relaxed, sever, spelling, text,
    views,
};

/// What a fault says of an argument that cannot be checked.
const UNCHECKED: &str = "is declared in a way that cannot be checked here, and policies read it";

/// A tool, and what its arguments are.
#[derive(Debug)]
pub struct MappedTool {
    action: String,
    group: String,
    types: String,
    fragment: Value,
    declared: BTreeSet<String>,
    arguments: Arguments,
}

/// What is known of a tool's arguments.
#[derive(Debug)]
enum Arguments {
    /// Their types.
    Typed(Box<Typed>),
    /// Nothing, because of this.
    Opaque(MappingFault),
}

/// Arguments with types.
#[derive(Debug)]
struct Typed {
    check: Validator,
    patterns: usize,
    budget: Budget,
    root: Record,
    /// What stands for arguments that are not sent at all, if the schema says so.
    default: Option<String>,
    /// Arguments that cannot be checked, and why.
    opaque: BTreeMap<String, MappingFault>,
}

/// What a tool is called in Cedar.
struct Names {
    server: String,
    tool: String,
    input: String,
}

/// The namespace of the types of a tool's arguments: `Mcp::server::tool`.
#[must_use]
pub fn types_of(server: &ServerName, tool: &Name) -> String {
    Names::of(server, tool).tool
}

/// The id of the action that is the group of all tools of a server: `server/*`.
#[must_use]
pub fn group_of(server: &ServerName) -> String {
    format!("{server}/*")
}

impl MappedTool {
    /// Maps a tool. What of its arguments cannot be checked has no type, and nobody can read it.
    ///
    /// # Errors
    /// The schema describes no object, or the tool is called like a method.
    pub fn map(
        server: &ServerName,
        tool: &ToolDefinition,
        base: &BaseContext,
    ) -> Result<Self, MappingFault> {
        let names = Names::of(server, &tool.name);
        let mapped = Typed::of(&tool.input_schema, &names).or_else(|fault| {
            let whole = &tool.input_schema;
            let severed = sever::sever(whole, |part| Typed::of(part, &names).err());
            let severed = severed.ok_or(fault)?;
            let (typed, choices) = Typed::of(&severed.schema, &names)?;
            let opaque = severed.opaque;
            Ok((Typed { opaque, ..typed }, choices))
        });
        match mapped {
            Ok((typed, choices)) => Self::of(
                server,
                tool,
                base,
                Arguments::Typed(Box::new(typed)),
                &choices,
            ),
            Err(MappingFault::NoObject) => Err(MappingFault::NoObject),
            Err(why) => Self::opaque(server, tool, base, why),
        }
    }

    /// A tool of whose arguments nothing is known, because of this.
    ///
    /// # Errors
    /// The schema describes no object, or the tool is called like a method.
    pub fn opaque(
        server: &ServerName,
        tool: &ToolDefinition,
        base: &BaseContext,
        why: MappingFault,
    ) -> Result<Self, MappingFault> {
        let kinds = tool.input_schema.as_object().and_then(views::kinds);
        if kinds.is_some_and(|kinds| !kinds.contains(&Kind::Object)) {
            return Err(MappingFault::NoObject);
        }
        let arguments = Arguments::Opaque(why);
        Self::of(server, tool, base, arguments, &Choices::new())
    }

    fn of(
        server: &ServerName,
        tool: &ToolDefinition,
        base: &BaseContext,
        arguments: Arguments,
        choices: &Choices,
    ) -> Result<Self, MappingFault> {
        let action = format!("{server}/{}", tool.name);
        let group = group_of(server);
        if base.declares(&action) || action == group {
            return Err(MappingFault::Method(action));
        }
        let names = Names::of(server, &tool.name);
        let nothing = Record::default();
        let fragment = fragment::fragment(&fragment::Parts {
            server: &names.server,
            input: &names.input,
            tool: &names.tool,
            action: &action,
            group: &group,
            root: match &arguments {
                Arguments::Typed(typed) => &typed.root,
                Arguments::Opaque(_) => &nothing,
            },
            choices,
            context: base.attributes(),
        });
        Ok(Self {
            action,
            group,
            types: names.tool,
            fragment,
            declared: declared::names(&tool.input_schema),
            arguments,
        })
    }

    /// The id of the action: `server/tool`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The id of the group that the action is in: `server/*`.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The namespace of the types of its arguments: `Mcp::server::tool`.
    #[must_use]
    pub fn types(&self) -> &str {
        &self.types
    }

    /// Whether the schema declares a member of this name anywhere.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// Most patterns that it has compiled, those of branches again.
    #[must_use]
    pub fn patterns(&self) -> usize {
        self.typed().map_or(0, |typed| typed.patterns)
    }

    /// The types and the action, in Cedar's JSON for schemas.
    #[must_use]
    pub const fn fragment(&self) -> &Value {
        &self.fragment
    }

    /// The same, but that the action applies to nothing: policies may name it and its types, and are
    /// not validated for it.
    #[must_use]
    pub fn named_only(&self) -> Value {
        let mut fragment = self.fragment.clone();
        let actions = fragment.pointer_mut("/Mcp/actions");
        let own = actions.and_then(|actions| actions.get_mut(&self.action));
        if let Some(own) = own.and_then(Value::as_object_mut) {
            own.remove("appliesTo");
        }
        fragment
    }

    /// The same in Cedar's schema syntax.
    #[must_use]
    pub fn cedar_text(&self) -> String {
        text::text(&self.fragment)
    }

    /// Most steps that checking so many bytes of arguments could take, if all of them are read.
    #[must_use]
    pub fn steps(&self, bytes: usize) -> u64 {
        self.typed().map_or(0, |typed| typed.budget.steps(bytes))
    }

    /// The arguments of which policies know only whether two are equal, in the order of their names.
    #[must_use]
    pub fn opaque_places(&self) -> Vec<Opaque> {
        let typed = self.typed();
        let mut all = typed.map_or_else(Vec::new, |typed| opaque::of(&typed.root));
        all.retain(|one| self.unchecked().iter().all(|(path, _)| *path != one.path));
        all
    }

    /// The arguments that cannot be checked, as policies name them below `context`, and why. A call
    /// of the tool is denied where policies read one of them.
    #[must_use]
    pub fn unchecked(&self) -> Vec<(String, &MappingFault)> {
        match &self.arguments {
            Arguments::Opaque(why) => vec![("input".to_owned(), why)],
            Arguments::Typed(typed) => {
                let each = typed.opaque.iter();
                each.map(|(name, why)| (opaque::below("input", name), why))
                    .collect()
            }
        }
    }

    /// How many patterns there would have to be room for, where it has no types because its server's
    /// tools hold too many.
    #[must_use]
    pub const fn lacks_room(&self) -> Option<usize> {
        match self.arguments {
            Arguments::Opaque(MappingFault::Patterns { wanted }) => Some(wanted),
            _ => None,
        }
    }

    /// Reads what is read of arguments, checks it against the tool's own schema, and fills in what
    /// the server would. The rest is not looked at; no arguments are an empty object.
    ///
    /// # Errors
    /// Says which argument is wrong, or cannot be checked, and why.
    pub fn read(&self, arguments: Option<&str>, reads: &Reads) -> Result<Value, ArgumentFault> {
        let typed = match &self.arguments {
            // Nobody looks at them, whatever they are.
            _ if reads.is_nothing() => return Ok(Value::Object(Map::new())),
            Arguments::Opaque(_) => return Err(ArgumentFault::new(&reads.first(), UNCHECKED)),
            Arguments::Typed(typed) => typed,
        };
        let text = arguments.or(typed.default.as_deref()).unwrap_or("{}");
        if !project::is_object(text) {
            let why = super::any_arguments(text, &Mentioned::default()).err();
            return Err(why.unwrap_or_else(|| ArgumentFault::new("", "is not an object")));
        }
        typed.read(text, reads)
    }

    /// Refuses arguments that were read where a member that nobody declares is spelt like a name that
    /// policies mention.
    ///
    /// # Errors
    /// Says which.
    pub fn alone(&self, arguments: &Value, names: &Mentioned) -> Result<(), ArgumentFault> {
        match self.typed() {
            Some(typed) => spelling::check(&typed.root, names, arguments),
            None => spelling::check(&Record::default(), names, arguments),
        }
    }

    /// What was read of arguments as the value of `context.input`.
    ///
    /// # Errors
    /// Says which argument has no exact value in Cedar.
    pub fn input(
        &self,
        arguments: &Value,
        reads: &Reads,
    ) -> Result<RestrictedExpression, ArgumentFault> {
        match self.typed() {
            Some(typed) => convert::input(&typed.root, reads, arguments),
            None => convert::input(&Record::default(), reads, arguments),
        }
    }

    fn typed(&self) -> Option<&Typed> {
        match &self.arguments {
            Arguments::Typed(typed) => Some(typed),
            Arguments::Opaque(_) => None,
        }
    }
}

/// The enumerated types of a tool: their values by name.
type Choices = BTreeMap<Vec<String>, Vec<String>>;

impl Names {
    fn of(server: &ServerName, tool: &Name) -> Self {
        let server = format!("Mcp::{}", names::identifier(server.as_str()));
        let name = names::identifier(tool.as_str());
        Self {
            tool: format!("{server}::{name}"),
            input: format!("{name}Input"),
            server,
        }
    }
}

impl Typed {
    /// Finds types for all arguments. Where there are too many, those of objects in arguments are
    /// opaque.
    fn of(schema: &Value, names: &Names) -> Result<(Self, Choices), MappingFault> {
        Self::as_deep(schema, names, DEPTH_MAX).or_else(|fault| match fault {
            MappingFault::TooLarge(_) => Self::as_deep(schema, names, 1),
            fault => Err(fault),
        })
    }

    fn as_deep(
        schema: &Value,
        names: &Names,
        depth_max: usize,
    ) -> Result<(Self, Choices), MappingFault> {
        let mut schema = schema.clone();
        let (room, document) = views::Document::read(&mut schema)?;
        let views::Document { root, draft } = document;
        let steps = cost::steps_per_byte(document, room.nodes)?;
        // Compiled for its faults alone: only all of a schema shows that all of it can be checked.
        check::whole(root, draft)?;
        let checks = check::Checks::of(root, draft, room.branches)?;
        let mut mapper = Mapper::new(document, &checks, names.tool.clone(), depth_max);
        let record = mapper.arguments(root)?;
        let default = root.get("default").filter(|default| default.is_object());
        let typed = Self {
            check: checks.of_parts(&relaxed::of(&record, root))?,
            patterns: super::bounds::patterns(root) * (1 + mapper.branches()),
            budget: Budget::new(root.clone(), draft, room.nodes, steps, record.again()),
            default: default.map(Value::to_string),
            root: record,
            opaque: BTreeMap::new(),
        };
        Ok((typed, mapper.choices))
    }

    fn read(&self, text: &str, reads: &Reads) -> Result<Value, ArgumentFault> {
        self.readable(reads)?;
        let project::Projected { mut value, bytes } = project::arguments(&self.root, reads, text)?;
        if check::values(&value, meter::VALUES_MAX) > meter::VALUES_MAX {
            return Err(ArgumentFault::new("", meter::MANY));
        }
        let steps = self.budget.spend(&value, bytes)?;
        if !self.check.is_valid(&value) {
            return Err(check::why_unfit(&self.check, &value, steps));
        }
        spelling::check(&self.root, &Mentioned::default(), &value)?;
        defaults::arguments(&self.root, reads, &mut value)?;
        Ok(value)
    }

    /// Refuses to read what cannot be checked.
    fn readable(&self, reads: &Reads) -> Result<(), ArgumentFault> {
        let wanted = self.root.apart(reads);
        let read = |name: &&String| wanted.is_none_or(|wanted| wanted.contains_key(*name));
        match self.opaque.keys().find(read) {
            Some(name) => {
                let place = format!("/{}", views::escaped(name));
                Err(ArgumentFault::new(&place, UNCHECKED))
            }
            None => Ok(()),
        }
    }
}
