"""Reads the migration scripts of the ShoreGuard in this image: the graph by Alembic itself, what each script does from its syntax tree.

Run inside a container of the image, without network and without its volumes. No upgrade() and no downgrade() is ever called.
Prints one marked line of JSON; whatever the scripts print when they are imported stays out of its way.
"""

import ast
import importlib.util
import json
import pathlib
import re
import sys
import warnings

MARKER = "shoreguard-migrations:"
LONGEST_TEXT = 160
UNKNOWN = object()

# What Alembic's operations are called, and where each has its table and the name of what it changes there: as (position, keyword).
OPERATIONS = {
    "create_table": ("CreateTable", (0, "table_name"), None),
    "drop_table": ("DropTable", (0, "table_name"), None),
    "rename_table": ("RenameTable", (0, "old_table_name"), (1, "new_table_name")),
    "add_column": ("AddColumn", (0, "table_name"), (1, "column")),
    "drop_column": ("DropColumn", (0, "table_name"), (1, "column_name")),
    "alter_column": ("AlterColumn", (0, "table_name"), (1, "column_name")),
    "create_index": ("CreateIndex", (1, "table_name"), (0, "index_name")),
    "drop_index": ("DropIndex", (1, "table_name"), (0, "index_name")),
    "create_unique_constraint": ("CreateConstraint", (1, "table_name"), (0, "constraint_name")),
    "create_foreign_key": ("CreateConstraint", (1, "source_table"), (0, "constraint_name")),
    "create_primary_key": ("CreateConstraint", (1, "table_name"), (0, "constraint_name")),
    "create_check_constraint": ("CreateConstraint", (1, "table_name"), (0, "constraint_name")),
    "create_exclude_constraint": ("CreateConstraint", (1, "table_name"), (0, "constraint_name")),
    "drop_constraint": ("DropConstraint", (1, "table_name"), (0, "constraint_name")),
    "create_table_comment": ("AlterTable", (0, "table_name"), None),
    "drop_table_comment": ("AlterTable", (0, "table_name"), None),
    "bulk_insert": ("InsertRows", (0, "table"), None),
}
# Those of a batch lack the table, which is the batch's own.
INDEX_OR_CONSTRAINT = ("Index", "Constraint")
HARMLESS = {"f", "get_bind", "get_context", "batch_alter_table", "inline_literal"}
EXECUTING = {"execute", "exec_driver_sql", "scalar", "scalars", "executemany"}
SILENT = {"print", "log", "logger", "logging", "LOG", "LOGGER", "warnings", "super"}
# What is done to lists, connections and logs, and changes no schema.
INNOCENT = {"append", "extend", "insert", "add", "update", "pop", "sort", "clear", "close", "begin", "commit", "flush", "info", "debug", "warning", "error", "inspect", "has_table"}
READABLE = {"alembic", "sqlalchemy", "typing_extensions", *getattr(sys, "stdlib_module_names", ())}

NAME = r'((?:["`\w]|\[)[\w."`\]\[$-]*)'
STATEMENTS = [
    ("DropTable", re.compile(rf"DROP TABLE (?:IF EXISTS )?(?P<list>.+?)(?: CASCADE| RESTRICT)?$", re.I | re.S)),
    ("CreateTable", re.compile(rf"CREATE (?:GLOBAL |LOCAL |UNLOGGED |TEMPORARY |TEMP )*TABLE (?:IF NOT EXISTS )?{NAME}", re.I)),
    ("DeleteRows", re.compile(rf"TRUNCATE (?:TABLE )?(?:ONLY )?(?P<list>.+?)(?: RESTART IDENTITY| CONTINUE IDENTITY)?(?: CASCADE| RESTRICT)?$", re.I | re.S)),
    ("DeleteRows", re.compile(rf"DELETE FROM (?:ONLY )?{NAME}", re.I)),
    ("UpdateRows", re.compile(rf"UPDATE (?:OR \w+ )?(?:ONLY )?{NAME}", re.I)),
    ("InsertRows", re.compile(rf"(?:INSERT|REPLACE)(?: OR \w+)? INTO {NAME}", re.I)),
    ("CreateIndex", re.compile(rf"CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(?P<name>\S+) ON (?:ONLY )?{NAME}", re.I)),
    ("DropIndex", re.compile(rf"DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?(?P<name>\S+)", re.I)),
    ("OtherSql", re.compile(r"(?:SET|PRAGMA|COMMENT|ANALYZE|REINDEX|VACUUM|LOCK) ", re.I)),
    ("OtherSql", re.compile(r"(?:CREATE|DROP|ALTER) (?:OR REPLACE )?(?:TYPE|VIEW|SEQUENCE|FUNCTION|TRIGGER|EXTENSION)\b(?!.*\bCASCADE\b)", re.I | re.S)),
    ("OtherSql", re.compile(r"SELECT\b(?!.*\bINTO\b)", re.I | re.S)),
]
ALTER = re.compile(rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{NAME}\s*(?P<rest>.*)", re.I | re.S)
ALTER_PARTS = [
    ("DropConstraint", re.compile(rf"DROP CONSTRAINT (?:IF EXISTS )?{NAME}", re.I)),
    ("DropColumn", re.compile(rf"DROP (?:COLUMN )?(?:IF EXISTS )?{NAME}", re.I)),
    ("CreateConstraint", re.compile(rf"ADD CONSTRAINT {NAME}", re.I)),
    ("AddColumn", re.compile(rf"ADD (?:COLUMN )?(?:IF NOT EXISTS )?{NAME}", re.I)),
    ("RenameTable", re.compile(rf"RENAME TO {NAME}", re.I)),
    ("AlterColumn", re.compile(rf"(?:ALTER|RENAME) (?:COLUMN )?{NAME}", re.I)),
]


class TableName(str):
    """The name of a table object, which is no text of SQL."""


def bare(name):
    return re.sub(r'["`\[\]]', "", name.strip()) if isinstance(name, str) else name


def split(text, separator):
    """Apart at the separators that are in no quotes and no brackets."""
    parts, depth, quote, part = [], 0, None, ""
    for character in text:
        if quote:
            quote = None if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == separator and depth == 0:
            parts.append(part)
            part = ""
            continue
        part += character
    return [each.strip() for each in parts + [part] if each.strip()]


def classify(sql):
    """What SQL does, as (kind, table, name); a statement that is not understood is said to be so."""
    found = []
    text = re.sub(r"/\*.*?\*/", " ", re.sub(r"--[^\n]*", " ", sql), flags=re.S)
    # The body of a function or block has semicolons of its own.
    statements = [text.strip()] if "$$" in text else split(text, ";")
    for statement in statements:
        statement = re.sub(r"\s+", " ", statement)
        altered = ALTER.match(statement)
        if altered:
            for part in split(altered["rest"], ","):
                kind, match = next(((kind, match) for kind, pattern in ALTER_PARTS if (match := pattern.match(part))), ("AlterTable", None))
                found.append((kind, bare(altered[1]), bare(match[1]) if match else None))
            continue
        kind, match = next(((kind, match) for kind, pattern in STATEMENTS if (match := pattern.match(statement))), ("Unknown", None))
        groups = match.groupdict() if match else {}
        if groups.get("list"):
            found.extend((kind, bare(name), None) for name in split(groups["list"], ","))
        else:
            has_table = kind not in ("Unknown", "OtherSql", "DropIndex")
            found.append((kind, bare(match.groups()[-1]) if has_table else None, bare(groups.get("name"))))
    return found


class Refusal(Exception):
    """Reading has come to a statement that raises, whatever else holds."""


class Function:
    """Reads what one function of a script does, with the functions of the same script that it calls."""

    def __init__(self, script, name):
        self.script = script
        self.operations = []
        self.refusal = None
        self.may_refuse = None
        self.calls = []
        self.read(name)

    def read(self, name):
        function = self.script.functions.get(name)
        if function is None:
            self.refusal = f"the script has no {name}()"
            return
        try:
            self.body(function.body, {}, False)
        except Refusal as refusal:
            self.refusal = str(refusal)

    # Statements

    def body(self, statements, names, conditional):
        """True when what follows the statements may be skipped, because they may have returned."""
        for statement in statements:
            conditional = self.statement(statement, names, conditional) or conditional

    def statement(self, node, names, conditional):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)):
            if isinstance(node, ast.FunctionDef):
                names[node.name] = node
        elif isinstance(node, ast.Raise):
            self.refuse(node, names, conditional)
        elif isinstance(node, ast.Return):
            self.expression(node.value, names, conditional)
            return True
        elif isinstance(node, ast.Assert):
            self.refuse(node, names, conditional or not is_false(node.test))
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self.assign(node, names, conditional)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.loop(node, names, conditional)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self.block(node, names, conditional)
        elif isinstance(node, ast.Expr):
            self.expression(node.value, names, conditional)
            self.unread_call(node.value, names, conditional)
        else:
            return self.branches(node, names, conditional)
        return False

    def branches(self, node, names, conditional):
        """If, while, try, match: each branch by itself. Afterwards nobody knows what was assigned in them, or whether one returned."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expression(child, names, conditional)
        for branch in bodies(node):
            # What try does is done; only what comes after its first failure is not.
            certain = isinstance(node, ast.Try) and branch in (node.body, node.finalbody)
            self.body(branch, dict(names), conditional if certain and not node.handlers else True)
        self.forget(node, names)
        return any(isinstance(each, ast.Return) for each in ast.walk(node))

    def loop(self, node, names, conditional):
        self.expression(node.iter, names, conditional)
        values = self.value(node.iter, names)
        if isinstance(values, (list, tuple)):
            for value in values:
                inner = dict(names)
                self.bind(node.target, value, inner)
                self.body(node.body, inner, conditional)
        else:
            inner = dict(names)
            self.bind(node.target, UNKNOWN, inner)
            self.body(node.body, inner, True)
        self.body(node.orelse, dict(names), True)
        self.forget(node, names)

    def block(self, node, names, conditional):
        for item in node.items:
            call = item.context_expr
            self.expression(call, names, conditional)
            if isinstance(item.optional_vars, ast.Name):
                name = item.optional_vars.id
                names[name] = UNKNOWN
                if isinstance(call, ast.Call) and self.is_operation(call.func, names) and call.func.attr == "batch_alter_table":
                    names[name] = Batch(self.table(call, (0, "table_name"), names))
        self.body(node.body, names, conditional)

    def assign(self, node, names, conditional):
        if node.value is None:
            return
        self.expression(node.value, names, conditional)
        value = UNKNOWN if isinstance(node, ast.AugAssign) else self.value(node.value, names)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            self.bind(target, value, names)

    def bind(self, target, value, names):
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            several = value if isinstance(value, (list, tuple)) and len(value) == len(target.elts) else [UNKNOWN] * len(target.elts)
            for each, part in zip(target.elts, several):
                self.bind(each.value if isinstance(each, ast.Starred) else each, UNKNOWN if isinstance(each, ast.Starred) else part, names)

    def forget(self, node, names):
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                names[each.id] = UNKNOWN

    def refuse(self, node, names, conditional):
        exception = getattr(node, "exc", None) or getattr(node, "msg", None)
        if isinstance(node, ast.Raise) and exception is None:
            return  # Hands on what something else has raised.
        said = exception.args[0] if isinstance(exception, ast.Call) and exception.args else exception
        message = self.value(said, names) if said is not None else UNKNOWN
        why = message if isinstance(message, str) else self.script.text(node)
        if not conditional:
            raise Refusal(why)
        self.may_refuse = self.may_refuse or why

    # Expressions

    def expression(self, node, names, conditional):
        if node is None:
            return
        for call in reversed([each for each in ast.walk(node) if isinstance(each, ast.Call)]):
            self.call(call, names, conditional or skippable(node, call))

    def call(self, call, names, conditional):
        function = call.func
        root = root_of(function)
        if isinstance(root, ast.Name) and root.id in self.script.foreign and root.id not in names:
            self.add("Unknown", None, None, call, conditional)
            return
        if isinstance(function, ast.Name):
            local = names.get(function.id)
            helper = local if isinstance(local, ast.FunctionDef) else self.script.functions.get(function.id)
            if helper is not None:
                self.helper(helper, call, names, conditional)
            elif function.id in ("exit", "quit") or any(self.value(each, names) is BIND for each in arguments(call)) and function.id != "inspect":
                self.add("Unknown", None, None, call, conditional)
        elif isinstance(function, ast.Attribute):
            if self.is_operation(function, names):
                self.operation(function.attr, call, names, conditional)
            elif function.attr in EXECUTING:
                self.execute(call, names, conditional)
            elif function.attr not in INNOCENT and any(self.value(each, names) is BIND for each in [function.value, *arguments(call)]):
                self.add("Unknown", None, None, call, conditional)

    def is_operation(self, function, names):
        if not isinstance(function, ast.Attribute):
            return False
        if isinstance(function.value, ast.Name):
            name = function.value.id
            return isinstance(names.get(name), Batch) or name not in names and name in self.script.aliases
        return isinstance(function.value, ast.Attribute) and function.value.attr == "op"

    def operation(self, method, call, names, conditional):
        batch = names.get(call.func.value.id) if isinstance(call.func.value, ast.Name) else None
        if method in HARMLESS:
            return
        if method in EXECUTING:
            self.execute(call, names, conditional)
        elif method not in OPERATIONS:
            self.add("Unknown", batch.table if isinstance(batch, Batch) else None, None, call, conditional)
        elif isinstance(batch, Batch):
            kind, _, name = OPERATIONS[method]
            name = (0, name[1]) if name else None
            self.add(kind, batch.table, self.name(call, name, names), call, conditional)
        else:
            kind, table, name = OPERATIONS[method]
            self.add(kind, self.table(call, table, names), self.name(call, name, names), call, conditional)

    def execute(self, call, names, conditional):
        statement = call.args[0] if call.args else next((each.value for each in call.keywords if each.arg in ("sqltext", "statement")), None)
        value = self.value(statement, names) if statement is not None else UNKNOWN
        if isinstance(value, str) and not isinstance(value, TableName):
            for kind, table, name in classify(value):
                self.add(kind, table, name, call, conditional)
            return
        built = next((each for each in ast.walk(statement) if self.row_change(each, names)), None) if statement is not None else None
        if built is not None:
            self.add(*self.row_change(built, names), None, call, conditional)
        elif not (statement is not None and is_select(statement)):
            self.add("Unknown", None, None, call, conditional)

    def row_change(self, node, names):
        """Kind and table of table.delete(), sa.update(table) and their like; None for everything else."""
        kinds = {"delete": "DeleteRows", "update": "UpdateRows", "insert": "InsertRows"}
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in kinds:
            return None
        for candidate in [node.func.value, *node.args[:1]]:
            table = self.value(candidate, names)
            if isinstance(table, TableName):
                return kinds[node.func.attr], str(table)
        return None

    def helper(self, function, call, names, conditional):
        if function.name in self.calls or len(self.calls) > 20:
            self.add("Unknown", None, None, call, conditional)
            return
        parameters = [each.arg for each in function.args.posonlyargs + function.args.args]
        inner = {name: UNKNOWN for name in parameters + [each.arg for each in function.args.kwonlyargs]}
        defaults = function.args.defaults
        for name, value in zip(parameters[len(parameters) - len(defaults):], defaults):
            inner[name] = self.value(value, {})
        for name, value in zip(parameters, call.args):
            inner[name] = self.value(value, names)
        for keyword in call.keywords:
            if keyword.arg in inner:
                inner[keyword.arg] = self.value(keyword.value, names)
        self.calls.append(function.name)
        self.body(function.body, inner, conditional)
        self.calls.pop()

    def unread_call(self, node, names, conditional):
        """A call for its effect, of something that this script does not define: nobody knows what it does."""
        if not isinstance(node, ast.Call):
            return
        root = root_of(node.func)
        name = root.id if isinstance(root, ast.Name) else None
        method = node.func.attr if isinstance(node.func, ast.Attribute) else None
        if method in EXECUTING or self.is_operation(node.func, names) or name in SILENT or isinstance(root, ast.Constant):
            return
        is_local = name in names and (method in INNOCENT or isinstance(names[name], (ast.FunctionDef, Batch)) or names[name] is BIND)
        if not is_local and name not in self.script.functions and name not in self.script.foreign:
            self.add("Unknown", None, None, node, conditional)

    # Values

    def argument(self, call, place):
        if place is None:
            return None
        position, keyword = place
        if position < len(call.args):
            return call.args[position]
        return next((each.value for each in call.keywords if each.arg == keyword), None)

    def table(self, call, place, names):
        value = self.value(self.argument(call, place), names)
        if not isinstance(value, str):
            return None
        schema = next((each.value for each in call.keywords if each.arg in ("schema", "source_schema")), None)
        prefix = self.value(schema, names) if schema is not None else None
        return f"{prefix}.{value}" if isinstance(prefix, str) else str(value)

    def name(self, call, place, names):
        node = self.argument(call, place)
        if isinstance(node, ast.Call):
            # sa.Column("name", …), op.f("name")
            node = node.args[0] if node.args else next((each.value for each in node.keywords if each.arg == "name"), None)
        value = self.value(node, names)
        return value if isinstance(value, str) else None

    def value(self, node, names):
        """What an expression is, as far as that is plain to see."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return names.get(node.id, self.script.constants.get(node.id, UNKNOWN))
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            values = [self.value(each, names) for each in node.elts]
            return UNKNOWN if UNKNOWN in values else values
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left, names), self.value(node.right, names)
            return left + right if isinstance(left, str) and isinstance(right, str) else UNKNOWN
        if isinstance(node, ast.JoinedStr):
            parts = [self.value(each.value if isinstance(each, ast.FormattedValue) else each, names) for each in node.values]
            return "".join(parts) if all(isinstance(each, str) for each in parts) else UNKNOWN
        if isinstance(node, ast.Call):
            return self.call_value(node, names)
        return UNKNOWN

    def call_value(self, node, names):
        method = called(node)
        if method == "get_bind":
            return BIND
        first = self.value(node.args[0], names) if node.args else UNKNOWN
        if method in ("text", "f", "dedent", "quoted_name") and isinstance(first, str):
            return first
        if method in ("bindparams", "columns", "execution_options"):
            return self.value(node.func.value, names)
        if method in ("table", "Table") and isinstance(first, str):
            return TableName(first)
        if method == "reversed" and isinstance(first, list):
            return first[::-1]
        return UNKNOWN

    def add(self, kind, table, name, node, conditional):
        self.operations.append({"kind": kind, "table": table, "name": name, "isConditional": bool(conditional), "text": self.script.text(node)})


class Batch:
    """The object of a batch: operations on one table."""

    def __init__(self, table):
        self.table = table


class Bind:
    """The connection that op.get_bind() gives."""


BIND = Bind()


def arguments(call):
    return [*call.args, *(each.value for each in call.keywords)]


def bodies(node):
    found = [getattr(node, name) for name in ("body", "orelse", "finalbody") if isinstance(getattr(node, name, None), list)]
    for each in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
        found.append(each.body)
    return found


def is_false(node):
    return isinstance(node, ast.Constant) and not node.value


def root_of(node):
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node


def called(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)


def is_select(node):
    """Whether a statement that is built, and not text, only reads."""
    names = {called(each) for each in ast.walk(node) if isinstance(each, ast.Call)}
    return "select" in names and not names & {"delete", "update", "insert", "text"}


def skippable(root, call):
    """Whether a call inside an expression may not be reached: in one half of a choice, or for each of something."""
    for node in ast.walk(root):
        if isinstance(node, (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)) and any(each is call for each in ast.walk(node)):
            return True
    return False


class Script:
    """One migration script."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.source = self.path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.source)
        self.functions = {each.name: each for each in self.tree.body if isinstance(each, ast.FunctionDef)}
        self.aliases = {"op"}
        for each in ast.walk(self.tree):
            if isinstance(each, ast.ImportFrom) and each.module == "alembic":
                self.aliases.update(name.asname for name in each.names if name.name == "op" and name.asname)
        self.foreign = {
            (name.asname or name.name).split(".")[0]
            for each in ast.walk(self.tree) if isinstance(each, (ast.Import, ast.ImportFrom)) for name in each.names
            if (getattr(each, "module", None) or ("" if isinstance(each, ast.ImportFrom) else name.name)).split(".")[0] not in READABLE
        }
        self.constants = self.read_constants()

    def read_constants(self):
        """What is assigned once, at the top. Whatever else there is, is not constant."""
        stored = {}
        for each in ast.walk(self.tree):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                stored[each.id] = stored.get(each.id, 0) + 1
        constants = {}
        for statement in self.tree.body:
            target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else getattr(statement, "target", None) if isinstance(statement, ast.AnnAssign) else None
            if isinstance(target, ast.Name) and stored.get(target.id) == 1 and statement.value is not None:
                try:
                    constants[target.id] = ast.literal_eval(statement.value)
                except ValueError:
                    call = statement.value
                    name = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
                    if name in ("table", "Table") and call.args and isinstance(call.args[0], ast.Constant):
                        constants[target.id] = TableName(call.args[0].value)
        return constants

    def text(self, node):
        text = re.sub(r"\s+", " ", ast.get_source_segment(self.source, node) or "").strip()
        return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def names_of(value):
    return [] if value is None else [value] if isinstance(value, str) else [str(each) for each in value]


def describe(path, revision, parents, depends_on, labels, replaces, message):
    migration = {
        "revision": revision, "parents": names_of(parents), "dependsOn": names_of(depends_on), "branchLabels": sorted(names_of(labels)),
        "replaces": names_of(replaces), "message": " ".join((message or "").split()), "fileName": pathlib.Path(path).name,
    }
    try:
        script = Script(path)
    except (OSError, SyntaxError, ValueError) as error:
        return {**migration, "downgrade": "Unread", "downgradeReason": f"its script cannot be read: {error}", "upgradeOperations": [], "downgradeOperations": []}
    upgrade, downgrade = Function(script, "upgrade"), Function(script, "downgrade")
    if downgrade.refusal:
        kind, reason = "Refuses", downgrade.refusal
    elif downgrade.may_refuse:
        kind, reason = "MayRefuse", downgrade.may_refuse
    else:
        kind, reason = ("Implemented" if downgrade.operations else "Empty"), None
    return {**migration, "downgrade": kind, "downgradeReason": reason, "upgradeOperations": upgrade.operations, "downgradeOperations": downgrade.operations}


def read_by_alembic(scripts):
    """The scripts as Alembic loads them, without its map of them, which fails as a whole when one script is missing."""
    return [
        describe(each.path, each.revision, each.down_revision, each.dependencies, getattr(each.module, "branch_labels", None), getattr(each.module, "replaces", None), each.doc)
        for each in scripts._load_revisions()
    ]


def read_by_syntax(folder):
    """The scripts of which one cannot be imported: what their own text says."""
    found = []
    for path in sorted(folder.glob("*.py")):
        try:
            script = Script(path)
        except (OSError, SyntaxError, ValueError):
            continue
        get = script.constants.get
        if isinstance(get("revision"), str):
            doc = (ast.get_docstring(script.tree) or "").split("\n")[0]
            found.append(describe(path, get("revision"), get("down_revision"), get("depends_on"), get("branch_labels"), get("replaces"), doc))
    return found


def said(error):
    return f"{type(error).__name__}: {error}".split("\n")[0]


def main():
    specification = importlib.util.find_spec("shoreguard")
    if specification is None or not specification.submodule_search_locations:
        return {"error": "it has no Python package shoreguard"}
    folder = pathlib.Path(specification.submodule_search_locations[0]) / "alembic"
    if not folder.is_dir():
        return {"error": "its package shoreguard has no folder alembic with migrations"}
    try:
        import alembic
        from alembic.config import Config
        from alembic.script import ScriptDirectory
    except ImportError as error:
        return {"error": f"its Python has no Alembic ({said(error)})"}
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    problems = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        scripts = ScriptDirectory.from_config(config)
        try:
            migrations = read_by_alembic(scripts)
        except Exception as error:
            problems.append(f"Alembic cannot load the scripts ({said(error)}), so the image does not start")
            migrations = read_by_syntax(folder / "versions")
        try:
            order = [each.revision for each in scripts.walk_revisions()]
            migrations.sort(key=lambda each: order.index(each["revision"]))
            for each in migrations:
                # What it depends on may be written as a label or as the beginning of a revision.
                each["dependsOn"] = names_of(getattr(scripts.get_revision(each["revision"]), "_resolved_dependencies", each["dependsOn"]))
        except Exception as error:
            if not problems:
                problems.append(f"Alembic cannot put the scripts in order ({said(error)}), so the image does not start")
    problems.extend(dict.fromkeys(f"Alembic warns: {each.message}" for each in warned if issubclass(each.category, UserWarning)))
    if not migrations:
        return {"error": "its folder of migrations has no script"}
    return {"alembic": alembic.__version__, "migrations": migrations, "problems": problems}


if __name__ == "__main__":
    try:
        result = main()
    except Exception as error:
        result = {"error": said(error)}
    print("\n" + MARKER + json.dumps(result), flush=True)
