using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What a whole line of a dump's script is.</summary>
internal enum ScriptLine
{
    /// <summary>A statement, or a part of one.</summary>
    Statement,
    /// <summary>The beginning of a table's rows.</summary>
    Rows,
    /// <summary>The transaction that <c>pg_restore</c> writes around large objects.</summary>
    Transaction,
}

/// <summary>
/// Follows the statements of a dump's script as psql does, and finds what no <c>pg_dump</c> writes: what begins or ends a transaction, rows
/// that begin in another way than pg_restore's, and commands of psql.
/// </summary>
/// <remarks>
/// A dump is a list of texts that are run as they are, so it can hold anything. Where statements end is psql's rule
/// (src/fe_utils/psqlscan.l): quotes of every kind, comments, parentheses, and the bodies of functions in SQL.
/// </remarks>
internal sealed partial class DumpStatements
{
    private static readonly HashSet<string> OfTransactions = ["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"];

    private readonly List<byte> _word = [];
    private readonly List<byte> _tag = [];
    private State _state;
    private bool _standardStrings = true;
    private bool _escapes, _continues, _sawNewline, _tagClosing;
    private byte _previous;
    private int _depth, _parentheses, _bodies, _words, _matched;
    private string _shape = "";
    private bool _isEmpty = true;
    private (bool AtStart, string? Foreign) _line = (true, null);

    private enum State { Text, Word, Quote, Name, Tag, Dollar, Comment, Block }

    /// <summary>What was found first that is in no dump, for people; null when there was nothing.</summary>
    public string? Foreign { get; private set; }

    /// <summary>Whether no statement has been begun.</summary>
    public bool IsBetween => _isEmpty && _state == State.Text;

    /// <summary>Takes a part of a line.</summary>
    public void Read(ReadOnlySpan<byte> part)
    {
        foreach (var value in part)
            Read(value);
    }

    /// <summary>Ends the line.</summary>
    /// <param name="text">All of it, as far as it is of interest.</param>
    public ScriptLine EndLine(string text)
    {
        Read((byte)'\n');
        var (atStart, foreign) = _line;
        var kind = atStart ? KindOf(text) : null;
        // Whole statements in one line, known by their text.
        if (kind is not null)
        {
            EndStatement();
            (_state, Foreign) = (State.Text, foreign);
        }
        _line = (IsBetween, Foreign);
        return kind ?? ScriptLine.Statement;
    }

    private ScriptLine? KindOf(string text)
    {
        if (Rows().IsMatch(text))
            return ScriptLine.Rows;
        if (text is "BEGIN;" or "COMMIT;")
            return ScriptLine.Transaction;
        if (text.StartsWith("SET standard_conforming_strings = ", StringComparison.Ordinal))
            _standardStrings = text != "SET standard_conforming_strings = off;";
        return Guard().IsMatch(text) ? ScriptLine.Statement : null;
    }

    private void Read(byte value)
    {
        switch (_state)
        {
            case State.Word when IsOfWord(value):
                _word.Add(value);
                return;
            case State.Word:
                EndWord();
                ReadText(value);
                return;
            case State.Quote:
                ReadQuoted(value);
                return;
            case State.Name:
                _state = value == '"' ? State.Text : State.Name;
                return;
            case State.Tag:
                ReadTag(value);
                return;
            case State.Dollar:
                ReadDollar(value);
                return;
            case State.Comment:
                _state = value == '\n' ? State.Text : State.Comment;
                _sawNewline |= value == '\n';
                return;
            case State.Block:
                ReadBlock(value);
                return;
            default:
                ReadText(value);
                return;
        }
    }

    private void ReadText(byte value)
    {
        var previous = _previous;
        _previous = value;
        // What was a dash or a slash of its own keeps the text after it from being a part of the one before.
        _continues &= previous is not ((byte)'-' or (byte)'/') || (value == '-' && previous == '-');
        if (value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\v')
        {
            _sawNewline |= value is (byte)'\n' or (byte)'\r';
            return;
        }
        if (value == '-' && previous == '-')
        {
            (_state, _previous) = (State.Comment, 0);
            return;
        }
        if (value == '*' && previous == '/')
        {
            (_state, _depth, _previous) = (State.Block, 1, 0);
            return;
        }
        if (value is (byte)'-' or (byte)'/')
            return; // Of an operator, or the first of a comment.
        _isEmpty = false;
        switch (value)
        {
            case (byte)'\'':
                // A doubled quote is in the text still, and so is one that follows in another line.
                var goesOn = _continues && (previous == '\'' || _sawNewline);
                _escapes = goesOn ? _escapes : !_standardStrings || EndsWithEscape(previous);
                _state = State.Quote;
                break;
            case (byte)'"':
                _state = State.Name;
                break;
            case (byte)'$':
                _tag.Clear();
                _state = State.Tag;
                break;
            case (byte)'(':
                _parentheses++;
                break;
            case (byte)')':
                _parentheses = Math.Max(0, _parentheses - 1);
                break;
            case (byte)';' when _parentheses == 0 && _bodies == 0:
                EndStatement();
                break;
            case (byte)'\\':
                Foreign ??= "a command of psql";
                break;
            default:
                if (IsOfWord(value) && !char.IsAsciiDigit((char)value))
                {
                    _word.Clear();
                    _word.Add(value);
                    _state = State.Word;
                }
                break;
        }
        if (_state != State.Quote)
            _continues = false;
        _sawNewline = false;
    }

    // E'…': the word before, and nothing between.
    private bool EndsWithEscape(byte previous) => previous is (byte)'E' or (byte)'e' && _word is [(byte)'E' or (byte)'e'];

    private void ReadQuoted(byte value)
    {
        var escaped = _escapes && _previous == '\\';
        _previous = escaped ? (byte)0 : value;
        if (value == '\'' && !escaped)
            (_state, _continues, _sawNewline) = (State.Text, true, false);
    }

    private void ReadTag(byte value)
    {
        if (value == '$')
            (_state, _matched, _tagClosing) = (State.Dollar, 0, false);
        else if (IsOfWord(value) && !(_tag.Count == 0 && char.IsAsciiDigit((char)value)))
            _tag.Add(value);
        else
        {
            (_state, _previous) = (State.Text, 0);
            ReadText(value);
        }
    }

    private void ReadDollar(byte value)
    {
        if (_tagClosing && _matched == _tag.Count && value == '$')
            (_state, _previous) = (State.Text, 0);
        else if (_tagClosing && _matched < _tag.Count && _tag[_matched] == value)
            _matched++;
        else
            (_tagClosing, _matched) = (value == '$', 0);
    }

    private void ReadBlock(byte value)
    {
        var (opens, closes) = (_previous == '/' && value == '*', _previous == '*' && value == '/');
        _depth += opens ? 1 : closes ? -1 : 0;
        _previous = opens || closes ? (byte)0 : value;
        if (_depth == 0)
            _state = State.Text;
    }

    private void EndWord()
    {
        _state = State.Text;
        _previous = _word[^1];
        var word = Encoding.Latin1.GetString([.. _word]).ToLowerInvariant();
        if (_words == 0 && OfTransactions.Contains(word))
            Foreign ??= word.ToUpperInvariant();
        else if (_words == 0 && word == "copy")
            Foreign ??= "a COPY of another form than pg_dump's";
        if (_words < 4 && word is "create" or "or" or "replace" or "function" or "procedure")
            _shape += word[0];
        else if (_words < 4)
            _shape += ' ';
        _words++;
        if (_parentheses > 0 || !(_shape.StartsWith("cf", StringComparison.Ordinal) || _shape.StartsWith("cp", StringComparison.Ordinal)
            || _shape.StartsWith("corf", StringComparison.Ordinal) || _shape.StartsWith("corp", StringComparison.Ordinal)))
            return;
        if (word == "begin" || (word == "case" && _bodies > 0))
            _bodies++;
        else if (word == "end" && _bodies > 0)
            _bodies--;
    }

    private void EndStatement()
    {
        (_parentheses, _bodies, _words, _shape, _isEmpty, _continues) = (0, 0, 0, "", true, false);
        _previous = 0;
    }

    // Letters, digits, _ and $, and every byte of what is not ASCII.
    private static bool IsOfWord(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'$' or >= 0x80;

    [GeneratedRegex(
        """\ACOPY (?:"(?:[^"]|"")+"|[^\s."(;']+)\.(?:"(?:[^"]|"")+"|[^\s."(;']+) (?:\((?:(?:"(?:[^"]|"")+"|[^\s,"();']+)(?:, )?)+\))? ?FROM stdin;\z""")]
    private static partial Regex Rows();

    // Newer ones guard their scripts so that psql takes no commands from them.
    [GeneratedRegex(@"\A\\(?:un)?restrict [A-Za-z0-9]+\z")]
    private static partial Regex Guard();
}
