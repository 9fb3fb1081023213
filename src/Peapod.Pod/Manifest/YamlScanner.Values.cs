using System.Globalization;
using System.Text;

namespace Peapod.Pod.Manifest;

/// <content>Scalars, anchors, tags and directives.</content>
internal sealed partial class YamlScanner
{
    private const string NoEnd = "the quoted text that begins here has no end";

    private YamlToken ScanPlain()
    {
        var line = _at.Line;
        var text = new StringBuilder();
        var gap = new Gap();
        while (!_at.AtDocumentIndicator && _at.Current != '#')
        {
            while (!_at.AtBlankOrEnd && !EndsPlain(line))
            {
                gap.Close(text);
                _at.Read(text);
            }

            if (!_at.AtSpaceOrTab && !_at.AtBreak)
            {
                break;
            }

            while (_at.AtSpaceOrTab || _at.AtBreak)
            {
                if (gap.HasBreak && _at.Column <= _indent && _at.Current == '\t')
                {
                    throw new SourceException(_at.Line, "a tab cannot indent anything in YAML; use spaces");
                }

                gap.Read(ref _at);
            }

            if (FlowLevel == 0 && _at.Column <= _indent)
            {
                break;
            }
        }

        _keyAllowed |= gap.HasBreak;
        return new YamlToken(YamlTokenKind.Scalar, line, text.ToString(), IsPlain: true);
    }

    private bool EndsPlain(int line)
    {
        const string inFlow = ",[]{}";
        if (_at.Current == ':' && FlowLevel > 0 && (inFlow.Contains(_at.Peek(1)) || _at.Peek(1) == '?'))
        {
            throw new SourceException(line, $"a blank is missing between ':' and '{_at.Peek(1)}'");
        }

        return (_at.Current == ':' && _at.IsBlankOrEnd(1)) || (FlowLevel > 0 && inFlow.Contains(_at.Current));
    }

    private YamlToken ScanQuoted()
    {
        var line = _at.Line;
        var quote = _at.Current;
        var text = new StringBuilder();
        var gap = new Gap();
        _at.Skip();
        while (true)
        {
            if (_at.AtEnd || _at.AtDocumentIndicator)
            {
                throw new SourceException(line, NoEnd);
            }

            while (!_at.AtBlankOrEnd && _at.Current != quote)
            {
                if (quote == '"' && _at.Current == '\\' && YamlCursor.IsBreak(_at.Peek(1)))
                {
                    _at.Skip();
                    _at.ReadBreak(null);
                    gap.Escape();
                    break;
                }

                ReadQuoted(text, quote);
            }

            if (_at.Current == quote && (quote == '"' || _at.Peek(1) != quote))
            {
                break;
            }

            if (_at.Current == quote)
            {
                text.Append(quote);
                _at.Skip(2);
                continue;
            }

            while (_at.AtSpaceOrTab || _at.AtBreak)
            {
                gap.Read(ref _at);
            }

            gap.Close(text);
        }

        _at.Skip();
        return new YamlToken(YamlTokenKind.Scalar, line, text.ToString());
    }

    private void ReadQuoted(StringBuilder text, char quote)
    {
        if (quote == '\'' || _at.Current != '\\')
        {
            _at.Read(text);
            return;
        }

        _at.Skip();
        var code = _at.Current;
        var simple = "0abt\tnvfre \"/\\'N_LP".IndexOf(code, StringComparison.Ordinal);
        if (simple >= 0 && !_at.AtEnd)
        {
            // The escaped ' is JSON's and YAML's in no version, but it is in the manifests of people whose readers take it.
            text.Append("\0\a\b\t\t\n\v\f\r\x1b \"/\\'\x85\xa0\u2028\u2029"[simple]);
            _at.Skip();
            return;
        }

        var length = code switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => throw new SourceException(_at.Line, $"\\{code} is no escape sequence; write \\\\ for a backslash, or use single quotes") };
        _at.Skip();
        var digits = new string([.. Enumerable.Range(0, length).Select(_at.Peek)]);
        if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is (>= 0xd800 and <= 0xdfff) or > 0x10ffff)
        {
            throw new SourceException(_at.Line, $"\\{code} wants the {length} hexadecimal digits of a character after it");
        }

        text.Append(char.ConvertFromUtf32((int)value));
        _at.Skip(length);
    }

    private YamlToken ScanBlock()
    {
        var line = _at.Line;
        var literal = _at.Current == '|';
        _at.Skip();
        var (chomping, increment) = ScanBlockHeader();
        var indent = increment == 0 ? 0 : Math.Max(_indent, 0) + increment;
        var text = new StringBuilder();
        var leading = new StringBuilder();
        var trailing = new StringBuilder();
        var afterBlank = false;
        ScanBlockBreaks(ref indent, trailing);
        while (_at.Column == indent && !_at.AtEnd)
        {
            var blank = _at.AtSpaceOrTab;
            if (!literal && leading is ['\n', ..] && !afterBlank && !blank)
            {
                text.Append(trailing.Length == 0 ? " " : "");
            }
            else
            {
                text.Append(leading);
            }

            text.Append(trailing);
            leading.Clear();
            trailing.Clear();
            afterBlank = blank;
            while (!_at.AtBreakOrEnd)
            {
                _at.Read(text);
            }

            _at.ReadBreak(leading);
            ScanBlockBreaks(ref indent, trailing);
        }

        text.Append(chomping == '-' ? "" : leading.ToString()).Append(chomping == '+' ? trailing.ToString() : "");
        return new YamlToken(YamlTokenKind.Scalar, line, text.ToString());
    }

    private (char Chomping, int Increment) ScanBlockHeader()
    {
        var (chomping, increment) = ('\0', 0);
        for (var i = 0; i < 2; i++)
        {
            if (_at.Current is '+' or '-' && chomping == '\0')
            {
                chomping = _at.Current;
                _at.Skip();
            }
            else if (char.IsAsciiDigit(_at.Current) && increment == 0)
            {
                increment = _at.Current - '0';
                if (increment == 0)
                {
                    throw new SourceException(_at.Line, "the indentation of a block of text must be from 1 to 9");
                }

                _at.Skip();
            }
        }

        _at.SkipSpacesAndTabs();
        SkipComment("behind the '|' or '>' of a block of text");
        return (chomping, increment);
    }

    /// <summary>Over empty lines, and the indentation of the next one. The first line with something in it says how deep the block is, if nothing else has.</summary>
    private void ScanBlockBreaks(ref int indent, StringBuilder breaks)
    {
        var deepest = 0;
        while (true)
        {
            while ((indent == 0 || _at.Column < indent) && _at.Current == ' ')
            {
                _at.Skip();
            }

            deepest = Math.Max(deepest, _at.Column);
            if ((indent == 0 || _at.Column < indent) && _at.Current == '\t')
            {
                throw new SourceException(_at.Line, "a tab cannot indent anything in YAML; use spaces");
            }

            if (!_at.AtBreak)
            {
                break;
            }

            _at.ReadBreak(breaks);
        }

        if (indent == 0)
        {
            indent = Math.Max(deepest, Math.Max(_indent + 1, 1));
        }
    }

    private YamlToken ScanAnchor()
    {
        var line = _at.Line;
        var kind = _at.Current == '*' ? YamlTokenKind.Alias : YamlTokenKind.Anchor;
        _at.Skip();
        var name = ScanWord();
        if (name.Length == 0 || (!_at.AtBlankOrEnd && !"?:,]}%@`".Contains(_at.Current)))
        {
            throw new SourceException(line, $"{(kind == YamlTokenKind.Alias ? "an alias, which begins with '*'," : "an anchor, which begins with '&',")} must have a name of letters and digits; put the value in quotes if text is meant");
        }

        return new YamlToken(kind, line, name);
    }

    private string ScanWord()
    {
        var word = new StringBuilder();
        while (char.IsAsciiLetterOrDigit(_at.Current) || _at.Current is '_' or '-')
        {
            _at.Read(word);
        }

        return word.ToString();
    }

    private YamlToken ScanTag()
    {
        var line = _at.Line;
        string handle;
        string suffix;
        if (_at.Peek(1) == '<')
        {
            _at.Skip(2);
            (handle, suffix) = ("", ScanUri(",[]"));
            if (_at.Current != '>' || suffix.Length == 0)
            {
                throw new SourceException(line, "a tag that begins with !< ends with >");
            }

            _at.Skip();
        }
        else
        {
            handle = ScanHandle();
            suffix = ScanUri("");
            if (handle.Length > 1 && !handle.EndsWith('!'))
            {
                (handle, suffix) = ("!", handle[1..] + suffix);
            }
            else if (handle.Length > 1 && suffix.Length == 0)
            {
                throw new SourceException(line, $"the tag {handle} has no name");
            }
        }

        if (!_at.AtBlankOrEnd && !(FlowLevel > 0 && _at.Current == ','))
        {
            throw new SourceException(line, $"a blank is missing behind the tag {handle}{suffix}");
        }

        return new YamlToken(YamlTokenKind.Tag, line, suffix, handle);
    }

    private string ScanHandle()
    {
        _at.Skip();
        var word = ScanWord();
        if (_at.Current != '!')
        {
            return "!" + word;
        }

        _at.Skip();
        return $"!{word}!";
    }

    private string ScanUri(string besides)
    {
        var uri = new List<byte>();
        while (char.IsAsciiLetterOrDigit(_at.Current) || (!_at.AtEnd && ("_-;/?:@&=+$.!~*'()%" + besides).Contains(_at.Current)))
        {
            if (_at.Current != '%')
            {
                uri.Add((byte)_at.Current);
                _at.Skip();
            }
            else if (byte.TryParse(new string([_at.Peek(1), _at.Peek(2)]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                uri.Add(value);
                _at.Skip(3);
            }
            else
            {
                throw new SourceException(_at.Line, "a % in a tag wants two hexadecimal digits after it");
            }
        }

        return Encoding.UTF8.GetString([.. uri]);
    }

    private YamlToken ScanDirective()
    {
        var line = _at.Line;
        _at.Skip();
        var name = ScanWord();
        YamlToken token;
        if (name == "YAML" && _at.AtBlankOrEnd)
        {
            _at.SkipSpacesAndTabs();
            var version = new StringBuilder();
            while (char.IsAsciiDigit(_at.Current) || _at.Current == '.')
            {
                _at.Read(version);
            }

            token = new YamlToken(YamlTokenKind.VersionDirective, line, version.ToString());
        }
        else if (name == "TAG" && _at.AtBlankOrEnd)
        {
            _at.SkipSpacesAndTabs();
            var handle = _at.Current == '!' ? ScanHandle() : "";
            var blank = _at.AtSpaceOrTab;
            _at.SkipSpacesAndTabs();
            var prefix = blank ? ScanUri(",[]") : "";
            if (prefix.Length == 0 || !handle.EndsWith('!') || !_at.AtBlankOrEnd)
            {
                throw new SourceException(line, "must be \"%TAG !HANDLE! PREFIX\"");
            }

            token = new YamlToken(YamlTokenKind.TagDirective, line, prefix, handle);
        }
        else
        {
            throw new SourceException(line, "a line that begins with '%' is a directive, and there are only %YAML and %TAG");
        }

        _at.SkipSpacesAndTabs();
        SkipComment("behind a directive");
        return token;
    }

    private void SkipComment(string where)
    {
        if (_at.Current == '#')
        {
            _at.SkipToBreak();
        }

        if (!_at.AtBreakOrEnd)
        {
            throw new SourceException(_at.Line, $"nothing but a comment can stand {where}");
        }

        _at.ReadBreak(null);
    }

    /// <summary>Blanks and line ends in a scalar: one line end is a blank, more of them are one less.</summary>
    private struct Gap()
    {
        private readonly StringBuilder _blanks = new();
        private readonly StringBuilder _first = new();
        private readonly StringBuilder _others = new();

        public bool HasBreak { get; private set; }

        /// <summary>The line end was escaped: it and the next line's indentation are nothing.</summary>
        public void Escape() => HasBreak = true;

        public void Read(ref YamlCursor at)
        {
            if (at.AtBreak)
            {
                at.ReadBreak(HasBreak ? _others : _first);
                HasBreak = true;
                _blanks.Clear();
            }
            else if (HasBreak)
            {
                at.Skip();
            }
            else
            {
                at.Read(_blanks);
            }
        }

        public void Close(StringBuilder text)
        {
            if (!HasBreak)
            {
                text.Append(_blanks);
            }
            else if (_first is ['\n', ..])
            {
                text.Append(_others.Length == 0 ? " " : _others.ToString());
            }
            else
            {
                text.Append(_first).Append(_others);
            }

            _blanks.Clear();
            _first.Clear();
            _others.Clear();
            HasBreak = false;
        }
    }
}
