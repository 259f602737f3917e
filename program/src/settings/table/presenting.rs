//! What the program says of itself: its log, and what clients are shown.

use server::engine::OutputSchemas;
use server::view::Mode;

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// What is logged.
pub(super) fn logging() -> [Setting; 2] {
    [
        setting(
            "log.level",
            &["FASTMCP_LOG_LEVEL", "LOG_LEVEL"],
            Kind::Level(|config| &mut config.log.level),
            "How much is logged to standard error. SIGUSR1 has one step more logged for a quarter of an hour, SIGUSR2 as much as this says.",
        )
        .taken_at_hangup(),
        setting(
            "log.format",
            &["LOG_FORMAT"],
            Kind::Format(|config| &mut config.log.format),
            "How log lines look: `text` for people, `json` for machines.",
        ),
    ]
}

/// What clients are shown.
pub(super) fn showing() -> [Setting; 14] {
    [
        setting(
            "mcp.name",
            &["FASTMCP_SERVER_NAME"],
            Kind::Name(|config| &mut config.server.mcp.name),
            "The name by which the server introduces itself to clients; the program's own while unset.",
        ),
        setting(
            "mcp.title",
            &["MCP_TITLE"],
            Kind::Text { at: |config| &mut config.server.mcp.title, longest: 128 },
            "The server's title for people; the title of the API's document while unset.",
        ),
        setting(
            "mcp.instructions",
            &["MCP_INSTRUCTIONS"],
            Kind::Text { at: |config| &mut config.server.mcp.instructions, longest: 4096 },
            "What a model should know before it uses a tool; the description of the API's document while unset.",
        ),
        setting(
            "mcp.tools_seconds",
            &["MCP_TOOLS_TTL"],
            Kind::Seconds {
                at: |config| &mut config.server.mcp.tools_list_ttl,
                minimum: 0.0,
                maximum: 86400.0,
            },
            "How long clients may keep the list of tools.",
        ),
        setting(
            "mcp.tools_page_size",
            &["MCP_TOOLS_PAGE_SIZE"],
            Kind::PageSize(|config| &mut config.server.mcp.tools_page_size),
            "How many tools one page of the list holds; 0 stands for all.",
        ),
        setting(
            "mcp.tools_mode",
            &["TOOLS_MODE"],
            Kind::OneOf {
                at: |config| config.server.mcp.view.mode as usize,
                put: |config, word| config.server.mcp.view.mode = Mode::ALL[word],
                words: &Mode::WORDS,
            },
            "Which tools clients are shown that ask for nothing else (`/mcp?tools=...`): `all`, those of some `toolsets`, or with `search` three tools that find, describe and call the others.",
        ),
        setting(
            "mcp.toolsets",
            &["TOOLSETS"],
            Kind::Texts(|config| &mut config.server.mcp.view.toolsets),
            "The sets of tools that any client is shown, by tag (`sets`) or by scope (`scope:cp:read`); all while none is named. With `TOOLS_MODE` `toolsets` or `search`.",
        ),
        setting(
            "mcp.output_schemas",
            &["TOOLS_OUTPUT_SCHEMAS"],
            Kind::OneOf {
                at: |config| config.server.engine.output_schemas as usize,
                put: |config, word| config.server.engine.output_schemas = OutputSchemas::ALL[word],
                words: &OutputSchemas::WORDS,
            },
            "How much the list of tools says of what they answer: all (`full`), names, types and bounds without words (`brief`, about three quarters of its size), or nothing (`off`, about half).",
        ),
        setting(
            "mcp.about_tools",
            &["MCP_ABOUT_TOOLS"],
            Kind::Switch(|config| &mut config.server.engine.about),
            "Whether the tools about the server itself are offered: `whoami`, `ping`, `echo` and `health_check`. A tool of the API keeps its name.",
        ),
        setting(
            "mcp.resources",
            &["MCP_RESOURCES", "FASTMCP_RESOURCE_TEMPLATES_ENABLED"],
            Kind::Switch(|config| &mut config.server.mcp.resources.offered),
            "Whether the API's document, a page about each tool, what reads give by address, the server's figures and a caller's own records are offered as resources, each to whoever may use the tool that it is about.",
        ),
        setting(
            "mcp.sessions",
            &["MCP_SESSIONS"],
            Kind::Count { at: |config| &mut config.server.mcp.sessions, minimum: 0, maximum: 4096 },
            "How many sessions clients of the revisions up to 2025-11-25 may have at once over HTTP: only with one can they be asked something there. 0 is none: each of their requests stands alone.",
        ),
        setting(
            "mcp.max_answer_bytes",
            &["MCP_MAX_ANSWER_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.portion.bytes,
                minimum: 0,
                maximum: 256 << 20,
            },
            "How many bytes of JSON text a client gets of an answer at once, 1024 or more; the rest of a longer one is given for a cursor. 0 gives every answer whole.",
        ),
        setting(
            "mcp.direct_lane",
            &["MCP_DIRECT_LANE"],
            Kind::Switch(|config| &mut config.server.mcp.direct_lane),
            "Whether requests over HTTP that leave nothing to decide are answered without the protocol library: several times faster, and the same to the byte.",
        ),
        setting(
            "mcp.plain",
            &["MCP_PLAIN"],
            Kind::Switch(|config| &mut config.server.mcp.plain),
            "Whether programs that are no MCP clients may ask at `/mcp/capabilities`, `/mcp/tools`, `/mcp/resources` and `/status`: the same tools, checks and records.",
        ),
    ]
}
