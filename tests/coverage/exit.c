/*
 * Linked into a command that is counted, with -Wl,--wrap=_exit: the child that looks up names ends
 * by _exit(), and would take its counts with it.
 */
int __llvm_profile_write_file(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    (void)__llvm_profile_write_file();
    __real__exit(status);
}
