# Writes migtask_limits.h in two steps, between which the preprocessor expands the values:
#   awk -f limits.awk HEADER...             a line `"NAME" NAME` for each limit of these headers
#   awk -v values=1 -f limits.awk LINES     the header
# A limit is what stands in the form `#ifndef NAME`, `#define NAME VALUE`.

BEGIN {
    if (!values) {
        print "#include \"migtask.h\""
        print "#ifdef MIGTASK_CONFIG_HOST"
        print "HOST"
        print "#endif"
    } else {
        print "/* migtask_limits.h - the limits that libmigtask.a was compiled with. */"
        print "#ifndef MIGTASK_LIMITS_H"
        print "#define MIGTASK_LIMITS_H"
    }
}

!values && FNR == 1 && FILENAME !~ /^core\// { print "#include \"" FILENAME "\"" }
!values && $1 == "#ifndef" { candidate = $2 }
!values && $1 == "#define" && $2 == candidate && NF > 2 { limits[++count] = $2 }

values && /^HOST/ { # selects defaults of what is not compiled in
    print "\n#ifndef MIGTASK_CONFIG_HOST\n#define MIGTASK_CONFIG_HOST\n#endif"
}

values && /^"/ {
    name = substr($1, 2, length($1) - 2)
    $1 = ""
    value = substr($0, 2)
    if (value ~ /^\([0-9]+\)$/) {
        value = substr(value, 2, length(value) - 2)
    } else if (value !~ /^([0-9]+$|\()/) {
        value = "(" value ")"
    }
    printf "\n#if defined(%s) && (%s) != %s\n", name, name, value
    printf "#error \"libmigtask.a was compiled with %s %s\"\n#endif\n", name, value
    printf "#undef %s\n#define %s %s\n", name, name, value
    count++
}

END {
    if (!count) {
        exit 1
    }
    if (values) {
        print "\n#endif"
    }
    for (i = 1; i <= count && !values; i++) {
        printf "\"%s\" %s\n", limits[i], limits[i]
    }
}
