# Turns error_codes.tsv into C: a row for each line (a code that several statuses share, APIGW.0201,
# has several), and all texts, coded by pairs to half their size.
#
# The texts stand one behind the other, each ended by 0: first the meanings in the order of the
# rows, then every advice once. Then, 128 times, the two neighbouring symbols that occur most often
# become one new symbol, 128 and up; error_codes.c turns them back. The first of equally frequent
# pairs is taken, so that every awk makes the same of it.
BEGIN {
    FS = "\t"
    FIRST_PAIR = 128
    PAIRS = 128
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
    number[family, row] = code[2] + 0
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
    texts = rows["APIGW"] + rows["SMS"]
    for (f = 1; f <= families; f++) {
        family = family_names[f]
        for (row = 1; row <= rows[family]; row++) {
            if (!(advice[family, row] in place)) {
                place[advice[family, row]] = ++texts
                add_text(advice[family, row])
            }
        }
    }

    printf "/* Made from error_codes.tsv by error_codes.awk. */\n"
    printf "#define ERROR_TEXT_LONGEST %d\n#define GATEWAY_ROWS %d\n\n", longest, rows["APIGW"]
    printf "static const uint8_t pairs[%d][2] = {", PAIRS
    for (pair = 0; pair < PAIRS; pair++) {
        find_pair()
        replace_pair(FIRST_PAIR + pair)
        printf "%s{%d, %d},", pair % 8 == 0 ? "\n    " : " ", left, right
    }
    printf "\n};\n\nstatic const uint8_t texts[] = {"
    at[text = 1] = 0
    for (i = 1; i <= size; i++) {
        printf "%s%d,", (i - 1) % 20 == 0 ? "\n    " : " ", symbol[i]
        if (symbol[i] == 0) {
            at[++text] = i
        }
    }
    printf "\n};\n\nstatic const struct error_row table[] = {\n"
    for (f = 1; f <= families; f++) {
        family = family_names[f]
        for (row = 1; row <= rows[family]; row++) {
            printf "    {%d, %d, %d},\n", number[family, row], status[family, row],
                at[place[advice[family, row]]]
        }
    }
    printf "};\n"
}
