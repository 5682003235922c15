# Turns error_codes.tsv into C: every advice once, and for each family of codes a table that
# refers to it. A code that several statuses share (APIGW.0201) has a line for each.
BEGIN { FS = "\t" }
/^#/ || NF != 4 { next }
{
    split($1, code, ".")
    advice = $4
    if (!(advice in offset)) {
        offset[advice] = size + 0
        size += length(advice) + 1
        gsub(/["\\]/, "\\\\&", $4)
        texts = texts "    \"" $4 "\\0\"\n"
    }
    rows[code[1]] = rows[code[1]] sprintf("    {%d, %d, %d},\n", code[2], $2, offset[advice])
}
END {
    printf "/* Made from error_codes.tsv. */\n"
    printf "static const char advice_texts[] =\n%s    ;\n", texts
    printf "static const struct advice_row gateway_rows[] = {\n%s};\n", rows["APIGW"]
    printf "static const struct advice_row service_rows[] = {\n%s};\n", rows["SMS"]
}
