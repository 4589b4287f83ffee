//! What users see: connections, listeners, dialling.
