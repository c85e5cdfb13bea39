import pytest

from dokaseca.dock.cel.program import Budget, EvaluationError, Program, Values


def answer(expression):
    return Program(expression, ["self"]).evaluate(Values({"self": {}}), Budget(10**9))


@pytest.mark.parametrize(
    "expression",
    [
        "quantity('1000m') == quantity('1')",
        "quantity('1Gi').isGreaterThan(quantity('1G'))",
        "quantity('1k').isLessThan(quantity('1Ki'))",
        "quantity('1').compareTo(quantity('2')) == -1",
        "quantity('1').add(quantity('500m')) == quantity('1.5')",
        "quantity('3').sub(1) == quantity('2')",
        "quantity('-1').sign() == -1 && quantity('0').sign() == 0",
        "quantity('1e3').asInteger() == 1000",
        "quantity('1.5').asApproximateFloat() == 1.5",
        "!quantity('1.5').isInteger() && quantity('2').isInteger()",
        "isQuantity('10Mi') && !isQuantity('10Mx') && !isQuantity('1e999')",
        "ip('10.0.0.1').family() == 4 && ip('::1').family() == 6",
        "string(ip('::0001')) == '::1'",
        "ip.isCanonical('::1') && !ip.isCanonical('::0001')",
        "isIP('1.2.3.4') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')",
        "ip('127.0.0.1').isLoopback() && ip('0.0.0.0').isUnspecified()",
        "ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast()",
        "ip('169.254.1.1').isLinkLocalUnicast() && !ip('ff02::1').isLinkLocalUnicast()",
        "ip('10.1.1.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsIP(ip('10.1.2.3'))",
        "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
        "!cidr('10.0.0.0/8').containsCIDR('::/0')",
        "cidr('10.1.2.3/8').ip() == ip('10.1.2.3') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
        "cidr('10.0.0.0/8').prefixLength() == 8 && string(cidr('10.0.0.0/8')) == '10.0.0.0/8'",
        "isCIDR('::/0') && !isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/08')",
        "url('https://u:p@example.com:80/a%20b?x=1&x=2').getHost() == 'example.com:80'",
        "url('https://[::1]:80/').getHostname() == '::1' && url('https://a.b/').getPort() == ''",
        "url('https://a.b:8/a%20b').getPort() == '8' && url('https://a.b/a%20b').getEscapedPath() == '/a%20b'",
        "url('https://a.b/?x=1&x=2').getQuery() == {'x': ['1', '2']} && url('/p').getScheme() == ''",
        "isURL('https://a.b') && isURL('/path') && !isURL('../path') && !isURL('a b') && !isURL('http://a:port')",
        "semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && semver('1.2.3-rc.2').isGreaterThan(semver('1.2.3-rc.1'))",
        "semver('1.2.3+a').compareTo(semver('1.2.3+b')) == 0 && semver('1.2.3-1').isLessThan(semver('1.2.3-a'))",
        "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
        "isSemver('1.2.3') && !isSemver('v1.2') && isSemver('v1.2', true) && !isSemver('v1.2-x', true)",
        "semver('v01.2', true) == semver('1.2.0')",
        "!format.dns1123Label().validate('my-name').hasValue()",
        "format.dns1123Label().validate('My').value()[0].contains('lowercase RFC 1123 label')",
        "format.dns1123Subdomain().validate('a..b').hasValue()",
        "!format.dns1123LabelPrefix().validate('a-').hasValue()",
        "format.qualifiedName().validate('a/b/c').hasValue() && !format.qualifiedName().validate('a.b/C').hasValue()",
        "format.labelValue().validate('-').hasValue() && !format.labelValue().validate('').hasValue()",
        "format.uuid().validate('x').hasValue() && format.byte().validate('*').hasValue()",
        "format.date().validate('2020-13-01').hasValue()",
        "!format.datetime().validate('2020-01-01T00:00:00.5Z').hasValue()",
        "format.uri().validate('x').value() == ['invalid URL'] && !format.named('nope').hasValue()",
        "format.named('uri').hasValue() && !format.named('uri').validate('/x').hasValue()",
        "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]+') == ''",
        "'1 2 3'.findAll('[0-9]') == ['1', '2', '3'] && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']",
        "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [].isSorted()",
        "[1, 2].sum() == 3 && [0.5, 1.0].sum() == 1.5 && [].sum() == 0",
        "['b', 'a'].min() == 'a' && [1, 3, 2].max() == 3",
        "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1",
        "'abc'.indexOf('c') == 2 && 'aba'.lastIndexOf('a') == 2",
    ],
)
def test_kubernetes_functions_answer_as_they_do_there(expression):
    assert answer(expression) is True


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("quantity('x')", "quantities must match the regular expression"),
        ("quantity('1.5').asInteger()", "cannot convert value to integer"),
        ("ip('x')", "does not appear to be an IPv4 or IPv6 address"),
        ("cidr('10.0.0.0')", "network address parse error"),
        ("url('x')", "URL parse error"),
        ("semver('1')", "Invalid character"),
        ("semver('1" + "0" * 300 + "')", "version is too long"),
        ("semver('1-a', true)", "short version cannot contain"),
        ("'a'.find('(')", "Illegal regex"),
        ("[].min()", "min called on empty list"),
        ("[].max()", "max called on empty list"),
        ("quantity('1').isLessThan(semver('1.0.0'))", "no such overload"),
        ("quantity('1').major()", "no such overload"),
        ("semver('1.0.0').sign()", "no such overload"),
        ("format.uri().validate('/x').value()", "dereference"),
        ("format.named('nope').validate('/x')", "no such overload"),
        ("string({'a': 1})", "no such overload"),
    ],
)
def test_values_that_are_none_are_said_to_be(expression, words):
    with pytest.raises(EvaluationError, match=words.replace("(", r"\(")):
        answer(expression)
