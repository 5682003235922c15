# Turns error_codes.tsv into C: a row for each line (a code that several statuses share, APIGW.0201,
# has several), with the places of its status and its advice among all of them, and the texts, coded
# by pairs to half their size.
#
# The texts stand one behind the other, each ended by 0: first the meanings in the order of the
# rows, then every advice once. Then, again and again, the two neighbouring symbols that occur most
# often become one new symbol, a byte that is no character: 128 to 255, then 1 to 31. error_codes.c
# turns them back. The first of equally frequent pairs is taken, so that every awk makes the same
# of it.
BEGIN {
    FS = "\t"
    FIRST_PAIR = 128
    PAIRS = 160 # one of them, for the byte 0, is none
    for (i = 32; i < 127; i++) {
        ascii[sprintf("%c", i)] = i
    }
    wrong = 0
}

function fail(text) {
    print "error_codes.tsv:" NR ": " text >"/dev/stderr"
    wrong = 1
    exit 1
}

function add_text(text,    i) {
    if (length(text) > longest) {
        longest = length(text)
    }
    for (i = 1; i <= length(text); i++) {
        if (!(substr(text, i, 1) in ascii)) {
            fail("not ASCII: " text)
        }
        symbol[++size] = ascii[substr(text, i, 1)]
    }
    symbol[++size] = 0
}

# The first of the pairs that occur most often, in left and right.
function find_pair(    i, most, key, tally) {
    most = 0
    for (i = 1; i < size; i++) {
        if (symbol[i] > 0 && symbol[i + 1] > 0) {
            key = symbol[i] * 256 + symbol[i + 1]
            if (++tally[key] > most) {
                most = tally[key]
                left = symbol[i]
                right = symbol[i + 1]
            }
        }
    }
}

function replace_pair(by,    i, to) {
    to = 0
    for (i = 1; i <= size; i++) {
        if (symbol[i] == left && i < size && symbol[i + 1] == right) {
            symbol[++to] = by
            i++
        } else {
            symbol[++to] = symbol[i]
        }
    }
    size = to
}

/^#/ { next }
NF != 4 || $1 !~ /^(APIGW|SMS)\.[0-9][0-9][0-9][0-9]$/ || $2 !~ /^[0-9]*$/ { fail("not a row") }
{
    split($1, code, ".")
    family = code[1]
    row = ++rows[family]
    number[family, row] = (1 code[2]) - 10000 # "0101" alone is octal to some awk
    status[family, row] = $2 + 0
    meaning[family, row] = $3
    advice[family, row] = $4
}

END {
    if (wrong) {
        exit 1
    }
    families = split("APIGW SMS", family_names, " ")
    for (f = 1; f <= families; f++) {
        family = family_names[f]
        for (row = 1; row <= rows[family]; row++) {
            add_text(meaning[family, row])
        }
    }
    advices = statuses = 0
    for (f = 1; f <= families; f++) {
        family = family_names[f]
        for (row = 1; row <= rows[family]; row++) {
            if (!(advice[family, row] in place)) {
                place[advice[family, row]] = advices++
                add_text(advice[family, row])
            }
            if (!(status[family, row] in status_place)) {
                status_place[status[family, row]] = statuses++
                status_list = status_list " " status[family, row] ","
            }
        }
    }

    if (advices > 256) {
        fail("more advices than a byte can number")
    }
    printf "/* Made from error_codes.tsv by error_codes.awk. */\n"
    printf "#define ERROR_TEXT_LONGEST %d\n#define GATEWAY_ROWS %d\n\n", longest, rows["APIGW"]
    printf "static const uint8_t pairs[%d][2] = {", PAIRS
    for (pair = 0; pair < PAIRS; pair++) {
        left = right = 0
        byte = (FIRST_PAIR + pair) % 256
        if (byte > 0) {
            find_pair()
            replace_pair(byte)
        }
        printf "%s{%d, %d},", (pair % 8 == 0) ? "\n    " : " ", left, right
    }
    printf "\n};\n\nstatic const uint8_t texts[] = {"
    for (i = 1; i <= size; i++) {
        printf "%s%d,", ((i - 1) % 20 == 0) ? "\n    " : " ", symbol[i]
    }
    printf "\n};\n\nstatic const uint16_t statuses[] = {%s};\n", status_list
    printf "\nstatic const struct error_row table[] = {\n"
    for (f = 1; f <= families; f++) {
        family = family_names[f]
        for (row = 1; row <= rows[family]; row++) {
            printf "    {%d, %d, %d},\n", number[family, row],
                status_place[status[family, row]], place[advice[family, row]]
        }
    }
    printf "};\n"
}
