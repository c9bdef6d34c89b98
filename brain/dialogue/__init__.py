"""What the dialogue needs beyond Rasa's own policies: state that travels, escalation, actions."""
