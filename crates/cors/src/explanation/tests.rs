//! Scenes of seeds 001 and 003, and the text for people.
