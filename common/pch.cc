// The precompiled headers need one source file to be compiled with.
