"""The people at the desk: who they are, how they sign in, what each may take on."""
