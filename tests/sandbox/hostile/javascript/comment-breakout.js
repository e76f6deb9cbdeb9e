// Ends the comment, text or template that a wrapper might have opened around it.
// expect: LOAD_ERROR code-load

*/ ` ' " ${process.exit(0)} --> <!--
