namespace Peapod.Pod.Manifest;

/// <summary>
/// Cuts a YAML text into tokens by the rules of libyaml, which kubectl's reader follows too. Where a block begins is not written in YAML but
/// follows from the columns; that <c>key</c> was a key shows only at the colon behind it, so tokens are held back as long as they may be one.
/// </summary>
internal sealed partial class YamlScanner
{
    /// <summary>A key that is not announced by <c>?</c> stands on one line and is no longer than this.</summary>
    private const int LongestKey = 1024;

    private readonly List<YamlToken> _tokens = [];
    private readonly Stack<int> _indents = new();
    private readonly List<PossibleKey> _keys = [default];
    private YamlCursor _at;
    private int _taken;
    private int _indent = -1;
    private bool _keyAllowed = true;
    private bool _ended;

    /// <exception cref="SourceException">There is a character in it that YAML does not take.</exception>
    public YamlScanner(string text)
    {
        RefuseControlCharacters(text);
        _at = new YamlCursor(text);
    }

    private int FlowLevel => _keys.Count - 1;

    /// <summary>The next token, which stays.</summary>
    /// <exception cref="SourceException">The text is no YAML.</exception>
    public YamlToken Peek()
    {
        while (!_ended && (_tokens.Count == 0 || MayBeKey()))
        {
            Fetch();
        }

        return _tokens[0];
    }

    /// <summary>Takes the token that <see cref="Peek"/> has shown.</summary>
    public YamlToken Take()
    {
        var token = Peek();
        if (token.Kind != YamlTokenKind.StreamEnd)
        {
            _tokens.RemoveAt(0);
            _taken++;
        }

        return token;
    }

    /// <summary>Whether the next token turns out to be a key if a colon comes.</summary>
    private bool MayBeKey()
    {
        var may = false;
        for (var level = 0; level < _keys.Count; level++)
        {
            may |= IsPossible(level) && _keys[level].Token == _taken;
        }

        return may;
    }

    private bool IsPossible(int level)
    {
        var key = _keys[level];
        if (!key.Possible || (key.Line == _at.Line && key.Index + LongestKey >= _at.Index))
        {
            return key.Possible;
        }

        RequireNone(key);
        _keys[level] = default;
        return false;
    }

    private static void RequireNone(PossibleKey key)
    {
        if (key is { Possible: true, Required: true })
        {
            throw new SourceException(key.Line, "a ':' is missing after the key, or the line should be indented further");
        }
    }

    private void SaveKey()
    {
        if (_keyAllowed)
        {
            RemoveKey();
            _keys[^1] = new PossibleKey(true, FlowLevel == 0 && _indent == _at.Column, _taken + _tokens.Count, _at.Index, _at.Line, _at.Column);
        }
    }

    private void RemoveKey()
    {
        RequireNone(_keys[^1]);
        _keys[^1] = default;
    }

    private void Fetch()
    {
        SkipToNext();
        for (var level = 0; level < _keys.Count; level++)
        {
            IsPossible(level);
        }

        Unroll(_at.Column);
        if (_at.AtEnd)
        {
            FetchEnd();
            return;
        }

        if (_at.Column == 0 && _at.Current == '%')
        {
            Leave();
            _tokens.Add(ScanDirective());
            return;
        }

        if (_at.AtDocumentIndicator)
        {
            Leave();
            Add(_at.Current == '-' ? YamlTokenKind.DocumentStart : YamlTokenKind.DocumentEnd, 3);
            return;
        }

        FetchInDocument();
    }

    private void FetchInDocument()
    {
        var flow = FlowLevel > 0;
        var blank = _at.IsBlankOrEnd(1);
        switch (_at.Current)
        {
            case '[':
                FetchFlowStart(YamlTokenKind.FlowSequenceStart);
                break;
            case '{':
                FetchFlowStart(YamlTokenKind.FlowMappingStart);
                break;
            case ']':
                FetchFlowEnd(YamlTokenKind.FlowSequenceEnd);
                break;
            case '}':
                FetchFlowEnd(YamlTokenKind.FlowMappingEnd);
                break;
            case ',':
                RemoveKey();
                _keyAllowed = true;
                Add(YamlTokenKind.FlowEntry, 1);
                break;
            case '-' when blank:
                FetchBlockEntry();
                break;
            case '?' when flow || blank:
                FetchKey();
                break;
            case ':' when flow || blank:
                FetchValue();
                break;
            case '*' or '&' or '!' or '\'' or '"':
                SaveKey();
                _keyAllowed = false;
                _tokens.Add(_at.Current is '\'' or '"' ? ScanQuoted() : _at.Current == '!' ? ScanTag() : ScanAnchor());
                break;
            case '|' or '>' when !flow:
                RemoveKey();
                _keyAllowed = true;
                _tokens.Add(ScanBlock());
                break;
            case var c when !"-?:,[]{}#&*!|>'\"%@`\t".Contains(c) || (c == '-' && _at.Peek(1) is not (' ' or '\t')) || (c is '?' or ':' && !flow && !blank):
                SaveKey();
                _keyAllowed = false;
                _tokens.Add(ScanPlain());
                break;
            case '\t':
                throw new SourceException(_at.Line, "a tab cannot indent anything in YAML; use spaces");
            default:
                throw new SourceException(_at.Line, $"a value cannot begin with '{_at.Current}'; put it in quotes if text is meant");
        }
    }

    /// <summary>Over blanks and comments. A tab is a blank only where no key could begin: it indents nothing.</summary>
    private void SkipToNext()
    {
        while (true)
        {
            while (_at.Current == ' ' || (_at.Current == '\t' && (FlowLevel > 0 || !_keyAllowed)))
            {
                _at.Skip();
            }

            if (_at.Current == '#')
            {
                _at.SkipToBreak();
            }

            if (!_at.AtBreak)
            {
                return;
            }

            _at.ReadBreak(null);
            _keyAllowed |= FlowLevel == 0;
        }
    }

    /// <summary>What stands this far to the right begins a block, unless it is in brackets.</summary>
    private void Roll(int column, int position, YamlTokenKind kind, int line)
    {
        if (FlowLevel == 0 && _indent < column)
        {
            _indents.Push(_indent);
            _indent = column;
            _tokens.Insert(position, new YamlToken(kind, line));
        }
    }

    /// <summary>What stands further to the left ends the blocks to its right.</summary>
    private void Unroll(int column)
    {
        while (FlowLevel == 0 && _indent > column)
        {
            _tokens.Add(new YamlToken(YamlTokenKind.BlockEnd, _at.Line));
            _indent = _indents.Pop();
        }
    }

    /// <summary>The document is over, and all its blocks.</summary>
    private void Leave()
    {
        Unroll(-1);
        RemoveKey();
        _keyAllowed = false;
    }

    private void FetchEnd()
    {
        _at.End();
        Leave();
        _ended = true;
        Add(YamlTokenKind.StreamEnd, 0);
    }

    private void FetchFlowStart(YamlTokenKind kind)
    {
        SaveKey();
        _keys.Add(default);
        _keyAllowed = true;
        Add(kind, 1);
    }

    private void FetchFlowEnd(YamlTokenKind kind)
    {
        RemoveKey();
        if (FlowLevel > 0)
        {
            _keys.RemoveAt(FlowLevel);
        }

        _keyAllowed = false;
        Add(kind, 1);
    }

    private void FetchBlockEntry()
    {
        if (FlowLevel == 0)
        {
            RequireAllowed("a list cannot begin here; put it on a line of its own");
            Roll(_at.Column, _tokens.Count, YamlTokenKind.BlockSequenceStart, _at.Line);
        }

        RemoveKey();
        _keyAllowed = true;
        Add(YamlTokenKind.BlockEntry, 1);
    }

    private void FetchKey()
    {
        if (FlowLevel == 0)
        {
            RequireAllowed("a key cannot begin here; put it on a line of its own");
            Roll(_at.Column, _tokens.Count, YamlTokenKind.BlockMappingStart, _at.Line);
        }

        RemoveKey();
        _keyAllowed = FlowLevel == 0;
        Add(YamlTokenKind.Key, 1);
    }

    private void FetchValue()
    {
        if (IsPossible(FlowLevel))
        {
            var key = _keys[^1];
            var position = key.Token - _taken;
            _tokens.Insert(position, new YamlToken(YamlTokenKind.Key, key.Line));
            Roll(key.Column, position, YamlTokenKind.BlockMappingStart, key.Line);
            _keys[^1] = default;
            _keyAllowed = false;
        }
        else
        {
            if (FlowLevel == 0)
            {
                RequireAllowed("a mapping cannot begin here; put a value that has ': ' in it in quotes, or the mapping on a line of its own");
                Roll(_at.Column, _tokens.Count, YamlTokenKind.BlockMappingStart, _at.Line);
            }

            _keyAllowed = FlowLevel == 0;
        }

        Add(YamlTokenKind.Value, 1);
    }

    private void RequireAllowed(string otherwise)
    {
        if (!_keyAllowed)
        {
            throw new SourceException(_at.Line, otherwise);
        }
    }

    private void Add(YamlTokenKind kind, int length)
    {
        _tokens.Add(new YamlToken(kind, _at.Line));
        _at.Skip(length);
    }

    private static void RefuseControlCharacters(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\t' or '\n' or '\r' or '\x85' or (>= ' ' and <= '~') or (>= '\xa0' and <= '\ufffd')))
            {
                throw new SourceException(1 + text.AsSpan(0, i).Count('\n'), $"the character U+{(int)text[i]:X4} must not stand in YAML; in double quotes write it as \\u{(int)text[i]:X4}");
            }
        }
    }

    /// <summary>Where a key may have begun: at which token, and whether only a key can stand there.</summary>
    private readonly record struct PossibleKey(bool Possible, bool Required, int Token, int Index, int Line, int Column);
}
