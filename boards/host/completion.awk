# Writes a completion: awk -v shell=bash|zsh|fish -f completion.awk usage.c endpoint.c
#
# Its source is the text of --help all, usage_all in usage.c, so an option that stands there is
# completed. What a value is follows from its placeholder: FILE is a file, https://... an endpoint;
# --region takes a region (both of the table in endpoint.c). Any other value is the user's to know.

/usage_all\[\] *=/ { inside = 1 }
inside {
    line = $0
    while (match(line, /"([^"\\]|\\.)*"/)) {
        text = text substr(line, RSTART + 1, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH)
    }
    inside = line !~ /;/
}

# {"cn-north-4", "sms.cn-north-4.myhuaweicloud.com"},
/^ *\{"[a-z0-9-]+", "[a-z0-9.-]+"\},$/ {
    split($0, part, "\"")
    regions = regions (regions ? " " : "") part[2]
    endpoints = endpoints (endpoints ? " " : "") "https://" part[4]
}

END {
    gsub(/\\n/, "\n", text)
    gsub(/\\"/, "\"", text)
    lines = split(text, help, "\n")
    for (i = 1; i <= lines; i++) {
        read_line(help[i])
    }
    if (!operation_count || !option_count || !regions) {
        print "completion.awk: no operations, options or regions found" >"/dev/stderr"
        exit 1
    }
    if (shell == "bash") {
        write_bash()
    } else if (shell == "zsh") {
        write_zsh()
    } else {
        write_fish()
    }
}

function read_line(line) {
    if (line ~ /^OPERATION:/) {
        in_operations = 1
    } else if (line ~ /^(Usage:)? +migtask [a-z]+ /) { # a form of its own, such as explain CODE
        match(line, /migtask [a-z_]+/)
        operation[++operation_count] = substr(line, RSTART + 8, RLENGTH - 8)
    } else if (line ~ /^[A-Z]/) {
        in_operations = 0
    }
    if (line ~ /^  +(-[a-z], )?--[a-z]/) {
        in_operations = 0
        read_option(line)
    } else if (in_operations && line ~ /^  [a-z_]+ /) {
        match(line, /[a-z_]+/)
        operation[++operation_count] = substr(line, RSTART, RLENGTH)
        operation_about[operation_count] = trimmed(substr(line, RSTART + RLENGTH))
    } else if (option_count && !ended[option_count] && line ~ /^         /) {
        about[option_count] = first_clause(about[option_count] " " line)
    }
}

# "  -t, --token-file FILE    file with the token; ..."
function read_option(line) {
    option_count++
    match(line, /--[a-z-]+/)
    name[option_count] = substr(line, RSTART + 2, RLENGTH - 2)
    if (substr(line, 1, RSTART) ~ /-[a-z], /) {
        letter[option_count] = substr(line, RSTART - 3, 1)
    }
    line = substr(line, RSTART + RLENGTH)
    if (match(line, /^ [^ ]+/)) {
        value[option_count] = substr(line, 2, RLENGTH - 1)
        line = substr(line, RLENGTH + 1)
    }
    about[option_count] = first_clause(line)
}

function trimmed(words) {
    gsub(/ +/, " ", words)
    gsub(/^ | $/, "", words)
    return words
}

# Without what follows a semicolon or a colon: a menu of a shell has one line for each option.
function first_clause(words) {
    words = trimmed(words)
    ended[option_count] = words ~ /[;:]( |$)/
    sub(/[;:]( .*)?$/, "", words)
    return words (words ~ /\([^)]*$/ && ended[option_count] ? ")" : "")
}

# What can stand for a value: words to choose from, "FILE", or nothing.
function choice(i) {
    return value[i] ~ /^https:/ ? endpoints : name[i] == "region" ? regions : \
        value[i] ~ /^FILE/ ? "FILE" : ""
}

function quoted(words) { # within '...'
    gsub(/'/, shell == "fish" ? "\\'" : "'\\''", words)
    return words
}

function head() {
    printf "# %s completion for migtask, made from the text of migtask --help all.\n", shell
}

function write_bash(    i, kinds, kind, all, operations) {
    for (i = 1; i <= option_count; i++) {
        all = all (all ? " " : "") "--" name[i]
        if (value[i]) {
            kind = choice(i) ? choice(i) : "NOTHING"
            kinds[kind] = kinds[kind] (kinds[kind] ? " | " : "") "--" name[i] \
                (letter[i] ? " | -" letter[i] : "")
        }
    }
    for (i = 1; i <= operation_count; i++) {
        operations = operations (operations ? " " : "") operation[i]
    }
    head()
    print "\n_migtask()\n{"
    print "    local cur prev words cword split index"
    print "    _init_completion -s -n : || return"
    printf "    local operations='%s'\n", operations
    print "    case $prev in"
    printf "    %s)\n        _filedir\n        return\n        ;;\n", kinds["FILE"]
    words_case(kinds[regions], regions)
    words_case(kinds[endpoints], endpoints)
    printf "    %s) return ;;\n", kinds["NOTHING"]
    print "    esac"
    print "    $split && return"
    print "    if [[ $cur == -* ]]; then"
    printf "        mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n", all
    print "        return"
    print "    fi"
    print "    for ((index = 1; index < cword; index++)); do # only one operation"
    print "        [[ \" $operations \" == *\" ${words[index]} \"* ]] && return"
    print "    done"
    print "    mapfile -t COMPREPLY < <(compgen -W \"$operations\" -- \"$cur\")"
    print "} &&"
    print "    complete -F _migtask migtask"
}

function words_case(options, words) {
    printf "    %s)\n", options
    printf "        mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n", words
    print "        __ltrim_colon_completions \"$cur\""
    print "        return\n        ;;"
}

function write_zsh(    i, about_it, action, long) {
    print "#compdef migtask"
    head()
    print "\n_migtask_operations() {"
    print "    local -a operations=("
    for (i = 1; i <= operation_count; i++) {
        printf "        '%s%s'\n", operation[i], \
            operation_about[i] ? ":" quoted(operation_about[i]) : ""
    }
    print "    )"
    print "    _describe -t operations operation operations"
    print "}\n"
    print "_arguments -s -S \\"
    for (i = 1; i <= option_count; i++) {
        about_it = quoted(about[i])
        gsub(/[][]/, "\\\\&", about_it)
        action = ""
        if (value[i]) {
            action = value[i]
            gsub(/:/, "\\:", action)
            action = ":" action ":"
            if (choice(i) == "FILE") {
                action = action "_files"
            } else if (choice(i)) {
                action = action "(" choice(i) ")"
                gsub(/https:\/\//, "https\\://", action)
            }
        }
        long = "--" name[i] (value[i] ? "=" : "")
        if (letter[i]) {
            printf "    '(-%s --%s)'{-%s,%s}'[%s]%s' \\\n", letter[i], name[i], \
                letter[i] (value[i] ? "+" : ""), long, about_it, action
        } else {
            printf "    '%s[%s]%s' \\\n", long, about_it, action
        }
    }
    print "    '1:operation:_migtask_operations' \\"
    print "    '2:TASK_ID: '"
}

function write_fish(    i, operations) {
    for (i = 1; i <= operation_count; i++) {
        operations = operations " " operation[i]
    }
    head()
    print "\ncomplete -c migtask -f"
    printf "set -l operations%s\n", operations
    for (i = 1; i <= operation_count; i++) {
        printf "complete -c migtask -n \"not __fish_seen_subcommand_from $operations\""
        printf " -a %s -d '%s'\n", operation[i], quoted(operation_about[i])
    }
    for (i = 1; i <= option_count; i++) {
        printf "complete -c migtask%s -l %s", letter[i] ? " -s " letter[i] : "", name[i]
        printf "%s -d '%s'\n", !value[i] ? "" : choice(i) == "FILE" ? " -r -F" : \
            choice(i) ? " -x -a '" choice(i) "'" : " -x", quoted(about[i])
    }
}
