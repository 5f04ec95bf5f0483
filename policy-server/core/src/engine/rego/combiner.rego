# What the authors' sets come to. Shipped with the server; no other module is in this package.
package portcullis

import rego.v1

permits contains element if some element in data.mcp.permits

gates contains element if some element in data.mcp.gates

forbids contains element if some element in data.mcp.forbids

hides contains element if some element in data.mcp.hides

# Classes of data that stay as they are, and classes whose handles become secrets again.
reveal contains class if some class in data.mcp.reveal

restore contains class if some class in data.mcp.restore

opinion := {"permits": permits, "gates": gates, "forbids": forbids}

# Whether a human of one of these groups has said yes to exactly these arguments, and still means it.
# Undefined is no: the gate stays shut.
approved(groups) if {
	some group in groups
	group in input.approval.groups
	input.now_ns < input.approval.expires_ns
	input.approval.args_digest == input.args_digest
}
